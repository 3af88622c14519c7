"""``python -m bench.invoices``: invoices a second out of one series, and the time of rendering one as PDF.

Runs on a database of its own in the test stack's PostgreSQL. Issuing is the consumer's transaction without its inbox
row: payment locked, number taken, invoice, event and task written, committed.
"""

import asyncio
import json
import secrets
import statistics
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import psycopg
from pydantic import SecretStr

from deploy.local import addresses
from deploy.local.stack import Stack
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Database
from services.chassis.migrations import migrate_database
from services.chassis.outbox import Outbox
from services.chassis.tasks import Tasks
from services.payment import main as payment_service
from services.payment.adapters.alarms import LoggedAlarms
from services.payment.adapters.invoice_pdf import TypstRenderer
from services.payment.adapters.invoices import PostgresInvoices
from services.payment.adapters.obligations import PostgresObligations
from services.payment.adapters.repository import PostgresPayments
from services.payment.domain.invoices import Invoice
from services.payment.use_cases.invoicing import Invoicing
from tests.payment.building import attempt, bill, payment
from tests.payment.invoice_building import draft


@click.command(help=__doc__)
@click.option("--count", default=400, show_default=True, help="Invoices.")
@click.option("--save", help="File to write the result to.")
def main(count: int, save: str | None) -> None:
    stack = Stack.for_tests()
    stack.up(only={"postgres"})
    admin = addresses.postgres(stack.installation)
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
        try:
            url = admin.rpartition("/")[0] + f"/{name}"
            migrate_database(url, Path(payment_service.__file__).parent / "migrations")
            result = asyncio.run(measure(url, count))
        finally:
            connection.execute(f'drop database "{name}" with (force)')
    for name, row in result.items():
        click.echo(f"{name:28} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    if save:
        Path(save).write_text(json.dumps(result, indent=2) + "\n")


async def measure(url: str, count: int) -> dict[str, Any]:
    """By the number of writers: invoices a second; milliseconds of a PDF."""
    settings: Any = SimpleNamespace(database_url=SecretStr(url), database_pool_size=8, database_pgbouncer=False)
    async with Database(settings) as database:
        payments, invoices = _stores(database)
        result: dict[str, Any] = {}
        for writers in (1, 4, 8):
            seconds = await _issue(invoices, await _orders(payments, count), writers)
            result[f"issue, {writers} writers"] = {"invoices a second": round(count / seconds)}
    return result | {"render": await _render(count)}


def _stores(database: Database) -> tuple[PostgresPayments, PostgresInvoices]:
    tasks = Tasks()
    obligations = PostgresObligations(database, tasks, utc_now)
    payments = PostgresPayments(database, Outbox("payment"), tasks, obligations, LoggedAlarms(), utc_now)
    return payments, PostgresInvoices(database, payments, tasks, utc_now, "UTC")


async def _orders(payments: PostgresPayments, count: int) -> list[str]:
    made = [payment(attempt(provider_id=ids.new("cs"), intent_id=ids.new("pi"))) for _ in range(count)]
    for each in made:
        await payments.open(each.order_id, partial(lambda known: (known, bill().contact), each))
    return [each.order_id for each in made]


async def _issue(invoices: PostgresInvoices, orders: list[str], writers: int) -> float:
    """Seconds until all orders have their invoice."""
    invoicing = Invoicing(invoices, TypstRenderer("en", "UTC", ""))
    waiting = iter([draft(order_id) for order_id in orders])

    async def write() -> None:
        for document in waiting:
            await invoicing.issue(document)

    began = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(writers)))
    return time.perf_counter() - began


async def _render(count: int) -> dict[str, float]:
    renderer = TypstRenderer("en", "UTC", "")
    took = []
    for number in range(count):
        invoice = Invoice(ids.new("inv"), f"INV-2026-{number:06d}", utc_now(), draft(ids.new("ord")))
        began = time.perf_counter()
        content = await renderer.render(invoice)
        took.append((time.perf_counter() - began) * 1000)
    median, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    return {"median_ms": round(median, 1), "p99_ms": round(p99, 1), "bytes": len(content)}


if __name__ == "__main__":
    main()
