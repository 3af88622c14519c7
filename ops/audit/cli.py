"""`python -m ops.audit`: see docs/auditing.md."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

from ops.audit import grants, quiet, report
from ops.audit.auditing import Patience, Result, audit
from ops.audit.check import Check
from ops.audit.checks import CHECKS
from ops.audit.settings import DATABASES, AuditSettings, load
from ops.audit.stores import Stores

SAY_EVERY_S = 2.0
NAMES = [check.name for check in CHECKS]


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Only this check; repeatable.")
@click.option("--age", type=float, metavar="SECONDS", help="A finding counts when it is older. [default: 120]")
@click.option("--pause", type=float, metavar="SECONDS", help="Before findings are looked at again. [default: 10]")
@click.option("--looks", default=2, show_default=True, help="A finding counts when every one of so many looks has it.")
@click.option("--since", type=click.DateTime(), help="Leave out what began before (UTC).")
@click.option("--wait", type=float, default=0, metavar="SECONDS", help="Wait so long for the shop to come to rest.")
@click.option("--quiet", is_flag=True, help="Say nothing while at work.")
@click.pass_context
def main(
    context: click.Context,
    as_json: bool,
    only: tuple[str, ...],
    age: float | None,
    pause: float | None,
    looks: int,
    since: datetime | None,
    wait: float,
    quiet: bool,
) -> None:
    """Ask a running shop whether its books agree; change nothing.

    Ends with 0 where they do, 1 where something was found, 2 where a check could not look.
    Addresses come from SHOPMESH_AUDIT_*: see docs/auditing.md.
    """
    if context.invoked_subcommand:
        return
    settings = load()
    patience = _patience(settings, age, pause, looks)
    checks = [check for check in CHECKS if not only or check.name in only]
    started = since.replace(tzinfo=UTC) if since else None
    results = asyncio.run(run(settings, checks, patience, started, wait, silent if quiet else Progress()))
    click.echo(report.as_json(results) if as_json else report.as_table(results))
    sys.exit(report.exit_code(results))


@main.command("grants")
@click.argument("service", type=click.Choice(DATABASES))
@click.option("--role", required=True, help="Role that the audit logs in as.")
@click.option("--database", help="Name of the service's database. [default: shopmesh_<service>]")
def print_grants(service: str, role: str, database: str | None) -> None:
    """Print the SQL that lets a role read what the audit needs of SERVICE's database."""
    click.echo(grants.script(service, role, database or f"shopmesh_{service}"), nl=False)


async def run(
    settings: AuditSettings,
    checks: list[Check],
    patience: Patience,
    since: datetime | None,
    wait: float,
    say: Callable[[str], None],
) -> list[Result]:
    """Audits the shop that the settings name, after a wait for its rest where one is asked for."""
    async with Stores(settings, since) as stores:
        if wait:
            await quiet.wait(stores, timedelta(seconds=wait), say)
        return await audit(stores, checks, patience, say)


def _patience(settings: AuditSettings, age: float | None, pause: float | None, looks: int) -> Patience:
    seconds = settings.audit_age_seconds if age is None else age
    between = settings.audit_pause_seconds if pause is None else pause
    return Patience(timedelta(seconds=seconds), timedelta(seconds=between), looks)


class Progress:
    """Prints to standard error, not more often than every other second."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._said > SAY_EVERY_S:
            self._said = now
            click.echo(f"[{now - self._began:6.1f}s] {text}", file=sys.stderr)


def silent(_text: str) -> None:
    """Says nothing."""
