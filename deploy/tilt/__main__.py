"""Command line of the development cluster: ``python -m deploy.tilt check``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from deploy.helm.chart import HelmError
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError
from deploy.tilt import checks, shop
from deploy.tilt.kubectl import KubectlError
from deploy.tilt.live import update
from deploy.tilt.recording import TiltfileError

TILTFILE = ROOT / "Tiltfile"
PROGRAMS = ("tilt", "kind", "kubectl", "helm", "docker")
LONGEST_CI = "20m"

api = click.option("--api", default="http://localhost:8080", show_default=True, help="The shop's edge.")


@click.group()
def main() -> None:
    """The development cluster of docs/development-cluster.md."""


@main.command()
def check() -> None:
    """Evaluate the Tiltfile without Tilt, and hold what it names against the tree and the chart."""
    try:
        found = checks.complaints(ROOT, TILTFILE.read_text())
    except (TiltfileError, HelmError) as error:
        raise click.ClickException(str(error)) from error
    if found:
        raise click.ClickException("\n".join(["the Tiltfile names what is not there:", *found]))
    click.echo("the Tiltfile fits the tree and the chart")


@main.command()
def ci() -> None:
    """Run `tilt ci` on the development cluster: everything is built, deployed and ready, else it fails."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise click.ClickException(f"missing for `tilt ci`: {', '.join(missing)}; see docs/development-cluster.md")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise click.ClickException("missing for `tilt ci`: docker's engine does not answer")
    subprocess.run([str(ROOT / "deploy" / "kind" / "up.sh")], check=True)
    os.execvp("tilt", ["tilt", "ci", "--file", str(TILTFILE), "--timeout", LONGEST_CI])  # noqa: S606


@main.command()
@api
def seed(api: str) -> None:
    """Create the demo shop's products that aren't there yet."""
    _told(lambda: shop.seed(api))


@main.command()
@api
def demo(api: str) -> None:
    """Buy something through the edge."""
    _told(lambda: shop.demo(api))


@main.command("update")
@click.argument("pod")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--container", required=True, help="The service's name.")
@click.option("--namespace", default="default", show_default=True)
def update_command(pod: str, files: tuple[Path, ...], container: str, namespace: str) -> None:
    """Copy edited files into a running pod, without Tilt."""
    _told(lambda: update(pod, container, files, ["--namespace", namespace]))


def _told(work: Callable[[], None]) -> None:
    try:
        work()
    except (KubectlError, StackError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
