"""The commands behind the Makefile: `python -m deploy.local <command>`."""

import sys

import click

from deploy.local.progress import Progress
from deploy.local.stack import Stack, StackError


def parts(_context: click.Context, _parameter: click.Parameter, value: str | None) -> set[str] | None:
    return set(value.split(",")) if value else None


@click.group()
@click.option("--test", is_flag=True, help="act on the test stack instead")
@click.pass_context
def cli(context: click.Context, *, test: bool) -> None:
    """The local stack of Shopmesh."""
    context.obj = Stack.for_tests() if test else Stack.for_development()


@cli.command()
@click.option("--only", callback=parts, help="comma-separated parts")
@click.pass_obj
def up(stack: Stack, only: set[str] | None) -> None:
    """Bring the whole shop up."""
    stack.up(only, Progress())


@cli.command()
@click.pass_obj
def down(stack: Stack) -> None:
    """Stop everything; the data stays."""
    stack.down()


def main() -> None:
    """Errors that say what to do are printed without a traceback."""
    try:
        cli()
    except StackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
