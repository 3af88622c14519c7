"""`python -m ops.backup`: see docs/backup.md."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ops.backup import manifest, settings
from ops.backup.manifest import Manifest
from ops.backup.saving import back_up
from ops.backup.shelf import Shelf
from ops.console import Progress, private_files, refusals, silent


@click.group(invoke_without_command=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Where backups lie. [default: the setting]")
@click.option("--json", "as_json", is_flag=True, help="Print what was saved as JSON.")
@click.option("--quiet", is_flag=True, help="Say nothing while at work.")
@click.pass_context
def main(context: click.Context, folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Back up a running shop: all databases as of one moment, and the carts.

    The backup appears under its name once it is whole. Older ones than SHOPMESH_BACKUP_DAYS (30) are removed.
    Addresses come from SHOPMESH_BACKUP_*: see docs/backup.md.
    """
    if context.invoked_subcommand:
        return
    own = settings.load()
    shelf, say, began = Shelf(folder or own.backup_folder), silent if quiet else Progress(), time.monotonic()
    with refusals(), private_files(), shelf.locked():
        made = asyncio.run(back_up(own, shelf, say))
        for name in shelf.forget(datetime.now(UTC) - timedelta(days=own.backup_days)):
            say(f"removed {name}, which was older than {own.backup_days} days")
        whole = manifest.read(made)
    click.echo(_json(made, whole) if as_json else _sentence(made, whole, time.monotonic() - began))


@main.command()
@click.argument("backup", type=click.Path(path_type=Path))
def verify(backup: Path) -> None:
    """Say whether BACKUP's files are what was written."""
    with refusals():
        whole = manifest.read(backup)
        manifest.verify(backup, whole)
    click.echo(f"{backup} is whole: the shop of {whole.time.isoformat(timespec='seconds')}")


def _sentence(made: Path, whole: Manifest, seconds: float) -> str:
    size = sum(each.size for each in whole.files())
    return f"{made}: {size:,} bytes, {len(whole.databases)} databases, {whole.carts.keys:,} cart keys, {seconds:.1f} s"


def _json(made: Path, whole: Manifest) -> str:
    return json.dumps({"backup": str(made), **whole.model_dump(mode="json")})
