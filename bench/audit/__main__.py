"""``python -m bench.audit``: one purchase of the test stack, many times over in databases of their own, audited.

Kafka, Stripe, MongoDB and Valkey are left out: what they hold cannot be multiplied so.
"""

import asyncio
import json
import resource
import time
from pathlib import Path
from typing import Any

import click
import psycopg

from bench.audit.copies import ROWS, events, multiply
from deploy.local import addresses, databases
from deploy.local.bootstrap import ROOT
from deploy.local.stack import Stack
from ops.audit.auditing import Patience, audit
from ops.audit.checks import CHECKS
from ops.audit.report import as_table, exit_code
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.migrations import migrate_database
from tests.audited import settings

ELSEWHERE = {"stripe_money", "events_published", "read_model", "product_copies"}
ORDER = "select key from outbox where type like '%.OrderConfirmed' order by event_id desc limit 1"


@click.command(help=__doc__)
@click.option("--orders", default=10_000, show_default=True, help="Orders to audit.")
@click.option("--save", help="File to write the result to.")
def main(orders: int, save: str | None) -> None:
    stack = Stack.for_tests()
    stack.up(only={"postgres"})
    result = {"orders": orders, **measure(stack, orders)}
    click.echo(json.dumps(result, indent=2))
    if save:
        Path(save).write_text(json.dumps(result, indent=2) + "\n")


def measure(stack: Stack, orders: int) -> dict[str, Any]:
    """Seconds and subjects by check, and the process's largest memory."""
    admin = addresses.postgres(stack.installation)
    urls = {service: f"{admin.rpartition('/')[0]}/bench_audit_{service}" for service in databases.WITH_DATABASE}
    try:
        fill(stack, admin, urls, orders)
        rows = asyncio.run(audited(stack, urls))
    finally:
        drop(admin, urls)
    return {"peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "checks": rows}


def fill(stack: Stack, admin: str, urls: dict[str, str], orders: int) -> None:
    """Makes the databases, with one purchase of the stack's as many times."""
    drop(admin, urls)
    with psycopg.connect(databases.url("order", stack.installation)) as source:
        row = source.execute(ORDER).fetchone()
    assert row, "nobody has bought in the test stack yet: run tests/e2e/test_purchase.py on it"
    sources = {service: databases.url(service, stack.installation) for service in urls}
    about = {"key": row[0], "order": ids.uuid_of(row[0]), "events": events(sources, row[0])}
    for service, url in urls.items():
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'create database "{name(url)}"')
        migrate_database(url, ROOT / "services" / service / "migrations")
        if service in ROWS:
            click.echo(f"{service}: {orders:,} orders", err=True)
            multiply(sources[service], url, service, about, orders)


def drop(admin: str, urls: dict[str, str]) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        for url in urls.values():
            connection.execute(f'drop database if exists "{name(url)}" with (force)')


def name(url: str) -> str:
    return url.rpartition("/")[2]


async def audited(stack: Stack, urls: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each check; AssertionError where one finds something, as nothing was damaged."""
    own = settings(stack, **{f"audit_{service}_url": url for service, url in urls.items()})
    rows = []
    async with Stores(own) as stores:
        for check in (check for check in CHECKS if check.name not in ELSEWHERE):
            began, worked = time.monotonic(), time.process_time()
            (result,) = await audit(stores, [check], Patience(looks=1), lambda _text: None)
            assert exit_code([result]) == 0, as_table([result])
            seconds = {"seconds": time.monotonic() - began, "of_them_python": time.process_time() - worked}
            times = {name: round(value, 1) for name, value in seconds.items()}
            rows.append({"check": check.name, "looked": result.tally.looked, **times})
    return rows


if __name__ == "__main__":
    main()
