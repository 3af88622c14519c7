"""`python -m ops.restore`: see docs/backup.md."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from ops.backup import manifest, settings
from ops.backup.settings import BackupSettings
from ops.backup.shelf import Shelf
from ops.console import Progress, private_files, refusals, silent
from ops.restore.restoring import Plan, Say, plan, restore
from ops.restore.server import opened
from services.chassis.outbox import RETENTION

NEXT = """
The shop of {time} is back, as incarnation {incarnation}. What is left to do, in this order:
  1. give every service and the audit SHOPMESH_PREFIX={prefix}
  2. python -m services.<each> migrate      makes the new topics
  3. start the services; they publish again, reconcile with Stripe and rebuild lists by themselves
  4. python -m ops.audit --wait 600         after `ops.audit grants`, for the databases are new ones
  5. python -m services.payment unknown list   money of purchases that were lost: refund it
  6. open the edge
{later}"""
LATER = """Later, when nobody misses anything, drop what was put aside: it holds personal data.
  {drop}"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who runs it said."""

    prefix: str
    edge_closed: bool
    dry_run: bool
    yes: bool


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Look whether it could begin, say what it would do, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--edge-closed", is_flag=True, help="The edge is closed, by my word: do not look.")
@click.option("--prefix", default="", help="Prefix of the new topics. [default: the old one with r<incarnation>.]")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON instead of what is left to do.")
@click.option("--quiet", is_flag=True, help="Say nothing while at work.")
def main(backup: Path, *, dry_run: bool, yes: bool, edge_closed: bool, prefix: str, as_json: bool, quiet: bool) -> None:
    """Put the whole shop back to the moment of BACKUP.

    Refuses unless the edge is closed and no service is connected. Databases and carts that are replaced are put aside.
    Can be killed at any moment and begun again. Addresses come from SHOPMESH_BACKUP_*: see docs/backup.md.
    """
    own, say, place = settings.load(), silent if quiet else Progress(), backup.absolute()
    with refusals():
        manifest.read(place)
        with private_files(), Shelf(place.parent).locked():
            done = asyncio.run(_restore(own, place, Wishes(prefix, edge_closed, dry_run, yes), say))
    if done:
        click.echo(_json(done) if as_json else _next(done))


async def _restore(own: BackupSettings, backup: Path, wishes: Wishes, say: Say) -> Plan | None:
    """What was done; None where it was only to be looked at."""
    async with opened(own) as server:
        planned = await plan(own, server, backup, wishes.prefix, wishes.edge_closed)
        click.echo(_intent(planned), err=True)
        if wishes.dry_run:
            return None
        if not wishes.yes:
            click.confirm("Go back to it?", abort=True, err=True)
        await restore(own, server, planned, say)
    return planned


def _intent(planned: Plan) -> str:
    """What will be done, before it is."""
    age = datetime.now(UTC) - planned.manifest.time
    lines = [
        f"{planned.backup.name}: the shop of {planned.manifest.time.isoformat(timespec='seconds')}, {str(age)[:-7]} ago.",
        f"It goes on as incarnation {planned.incarnation}, with new topics {planned.prefix}*",
        *(f"  {name} is what is now put aside" for name in planned.kept),
    ]
    return "\n".join(lines)


def _next(planned: Plan) -> str:
    drop = "; ".join(f'DROP DATABASE "{name}"' for name in planned.kept)
    return NEXT.format(
        time=planned.manifest.time.isoformat(timespec="seconds"),
        incarnation=planned.incarnation,
        prefix=planned.prefix,
        later=LATER.format(drop=drop) if planned.kept else "",
    )


def _json(planned: Plan) -> str:
    return json.dumps(
        {
            "backup": planned.backup.name,
            "time": planned.manifest.time.isoformat(),
            "since": (datetime.now(UTC) - RETENTION).isoformat(timespec="seconds")[:19],
            "incarnation": planned.incarnation,
            "prefix": planned.prefix,
            "kept": planned.kept,
        }
    )
