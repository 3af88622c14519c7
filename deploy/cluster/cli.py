"""The commands: `python -m deploy.cluster <command>`."""

import sys
from pathlib import Path

import click

from deploy.cluster import binaries, images, machine, running
from deploy.cluster.places import Place, of_checkout
from deploy.local.errors import StackError
from deploy.local.progress import Progress

FILE = click.Path(path_type=Path)


@click.group()
@click.pass_context
def cli(context: click.Context) -> None:
    """A real Kubernetes for tests on this machine, without an engine."""
    context.obj = of_checkout()


@cli.command()
@click.option("--install", is_flag=True, help="Install those that are missing, as root on Debian.")
def packages(install: bool) -> None:
    """Print the Debian packages that are needed, on one line; or install them."""
    if install:
        machine.install()
    else:
        click.echo(" ".join(machine.PACKAGES))


@cli.command()
@click.pass_obj
def doctor(place: Place) -> None:
    """Say what is missing for a cluster on this machine."""
    machine.require()
    built = (binaries.folder(place.cache) / "whole").exists()
    click.echo("all is there" if built else "all is there; the first start builds Kubernetes, which takes minutes")


@cli.command()
@click.pass_obj
def build(place: Place) -> None:
    """Build Kubernetes, CoreDNS and helm, where the cache hasn't them."""
    click.echo(binaries.ensure(place.cache, Progress()))


@cli.command()
@click.pass_obj
def helm(place: Place) -> None:
    """Print the path of a helm program, which is built first where the cache hasn't it."""
    click.echo(binaries.helm(place.cache, Progress()))


@cli.command()
@click.option("--nodes", default=1, show_default=True, type=click.IntRange(1, 9))
@click.pass_obj
def up(place: Place, nodes: int) -> None:
    """Start the cluster."""
    running.up(place, nodes, Progress())


@cli.command()
@click.pass_obj
def down(place: Place) -> None:
    """End the cluster and leave nothing of it."""
    running.down(place)


@cli.command()
@click.pass_obj
def status(place: Place) -> None:
    """Show nodes and pods."""
    click.echo(running.status(place))


@cli.group()
def image() -> None:
    """Make images and put them into the cluster."""


@image.command()
@click.pass_obj
def base(place: Place) -> None:
    """Make the substitutes for the Python base images."""
    images.base(place, Progress())


@image.command(name="build", context_settings={"ignore_unknown_options": True})
@click.argument("tag")
@click.argument("context", type=FILE)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def build_image(place: Place, tag: str, context: Path, arguments: tuple[str, ...]) -> None:
    """Build a Dockerfile: `image build localhost/shopmesh/services:1 . -f deploy/images/services.Dockerfile`."""
    images.base(place, Progress())
    images.build(place, tag, context, *arguments)


@image.command()
@click.argument("file", type=FILE)
@click.argument("tags", nargs=-1, required=True)
@click.pass_obj
def save(place: Place, file: Path, tags: tuple[str, ...]) -> None:
    """Write images into one archive."""
    images.save(place, file, *tags)


@image.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.pass_obj
def load(place: Place, files: tuple[Path, ...]) -> None:
    """Import archives into every node."""
    running.load(place, files)


def main() -> None:
    """Errors that say what to do are printed without a traceback."""
    try:
        cli()
    except StackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
