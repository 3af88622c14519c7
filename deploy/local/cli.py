"""The commands behind the Makefile: `python -m deploy.local <command>`."""

import os
import subprocess
import sys

import click

from deploy.local import databases, locks, summary
from deploy.local.bootstrap import ROOT
from deploy.local.components import COMPONENTS
from deploy.local.environment import audit_environment
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES, without_settings
from deploy.local.progress import Progress
from deploy.local.stack import Stack

PART = click.Choice([each.name for each in COMPONENTS])


def parts(_context: click.Context, _parameter: click.Parameter, value: str | None) -> set[str] | None:
    return set(value.split(",")) if value else None


@click.group()
@click.option("--test", is_flag=True, help="Act on the test stack instead.")
@click.pass_context
def cli(context: click.Context, *, test: bool) -> None:
    """The local stack of Shopmesh."""
    context.obj = Stack.for_tests() if test else Stack.for_development()


@cli.command()
@click.option("--only", callback=parts, help="Comma-separated parts; no accounts, no demo shop.")
@click.pass_obj
def up(stack: Stack, only: set[str] | None) -> None:
    """Bring the whole shop up."""
    stack.up(only, Progress())
    if only is None:
        click.echo(summary.welcome(stack.installation))


@cli.command()
@click.pass_obj
def down(stack: Stack) -> None:
    """Stop everything; the data stays."""
    stack.down()


@cli.command()
@click.pass_obj
def reset(stack: Stack) -> None:
    """Stop everything and remove its data; what was fetched stays."""
    stack.reset()
    tests = Stack.for_tests()
    if not tests.supervisor.alive():
        tests.reset()


@cli.command()
@click.pass_obj
def status(stack: Stack) -> None:
    """Show each part's state, process, port, memory and time."""
    click.echo(summary.status(COMPONENTS, stack.states(), stack.installation, stack.supervisor.pid()))


@cli.command()
@click.argument("name", required=False, type=PART)
@click.pass_obj
def logs(stack: Stack, name: str | None) -> None:
    """Follow the logs of all parts, or of one, from the last lines on."""
    names = [name] if name else list(stack.components)
    files = [str(file) for each in names if (file := stack.supervisor.log(each)).exists()]
    if not files:
        raise StackError("there are no logs yet: `make up` first")
    last = "50" if name else "2"
    os.execvp("tail", ["tail", "-n", last, "-F", *files])  # noqa: S606 - nothing else follows logs better


@cli.command()
@click.argument("name", type=PART)
@click.pass_obj
def restart(stack: Stack, name: str) -> None:
    """Stop one part and start it again."""
    progress = Progress()
    stack.restart(name)
    stack.wait_ready(name, progress=progress)
    progress.say(f"{name}: ready")


@cli.command()
@click.argument("name", type=PART)
@click.pass_obj
def stop(stack: Stack, name: str) -> None:
    """Stop one part; the rest goes on."""
    stack.stop(name)
    by_hand = f", `make run S={name}` runs it by hand" if name in SERVICES else ""
    click.echo(f"{name} is stopped{by_hand}; `make restart S={name}` starts it again")


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("name", type=click.Choice(SERVICES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def run(stack: Stack, name: str, arguments: tuple[str, ...]) -> None:
    """Run a stopped service in the foreground, or another of its commands, with the stack's settings."""
    arguments = arguments or ("serve",)
    if "serve" in arguments:
        if name in stack.running_parts():
            raise StackError(f"{name} runs already: `make stop S={name}` first")
        stack.require_free_ports(stack.chosen({name}))
    environment = {**without_settings(os.environ), **stack.environment(name)}
    command = [sys.executable, "-m", f"services.{name}", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - the service takes over this process


@cli.command()
@click.pass_obj
def dev(stack: Stack) -> None:
    """Bring the shop up, and restart services whose code is edited, until interrupted."""
    from deploy.local import reload

    progress = Progress()
    stack.up(progress=progress)
    click.echo(summary.welcome(stack.installation))
    reload.watch_and_restart(stack, progress)


@cli.command()
@click.pass_obj
def demo(stack: Stack) -> None:
    """Buy something through the REST edge; show each step, the e-mail and the trace."""
    from deploy.local.demo import run

    run(stack.installation)


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def audit(stack: Stack, arguments: tuple[str, ...]) -> None:
    """Ask the running shop whether its books agree, by roles that can only read."""
    databases.admit_audit(stack.installation)
    environment = {**without_settings(os.environ), **audit_environment(stack.installation)}
    os.execve(sys.executable, [sys.executable, "-m", "ops.audit", *arguments], environment)  # noqa: S606 - as above


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def backup(stack: Stack, arguments: tuple[str, ...]) -> None:
    """Back up the running shop."""
    from deploy.local import backups

    backups.back_up(stack.installation, *arguments)


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def restore(stack: Stack, arguments: tuple[str, ...]) -> None:
    """Put the shop back to a backup; the stack is down, and its stores are started for it."""
    from deploy.local import backups

    backups.restore(stack, arguments, Progress())


@cli.command(name="doctor")
@click.pass_obj
def run_doctor(stack: Stack) -> None:
    """Check prerequisites, ports and every configured address; say what to do."""
    from deploy.local import doctor  # it imports every store's client

    findings = doctor.examine(stack)
    click.echo(doctor.report(findings))
    sys.exit(1 if any(each.verdict is doctor.Verdict.FAIL for each in findings) else 0)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Bring the test stack up, run the whole suite, take it down."""
    stack = Stack.for_tests()
    try:
        stack.up(progress=Progress())
        finished = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False)
    finally:
        stack.down()
    sys.exit(finished.returncode)


@cli.command()
@click.option("--upgrade", is_flag=True, help="Take newer versions too.")
def lock(*, upgrade: bool) -> None:
    """Write the dependency locks anew."""
    locks.renew(upgrade=upgrade)


@cli.command(name="env-example")
def write_env_example() -> None:
    """Write .env.example anew from the services' settings."""
    from deploy.local import env_example

    (ROOT / ".env.example").write_text(env_example.text())


def main() -> None:
    """Errors that say what to do are printed without a traceback."""
    try:
        cli()
    except StackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
