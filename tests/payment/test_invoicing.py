"""Invoices over a real database: one for a confirmed order, numbered without a gap, credited by what went back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1 import invoice_pb2
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued

from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Record, event_of
from services.chassis.tasks import Tasks
from services.payment import main
from services.payment.adapters.invoices import PostgresInvoices
from services.payment.api import invoicing
from services.payment.domain import invoices as decisions
from services.payment.domain.invoices import InvoiceKind
from services.payment.domain.payment import Cause
from services.payment.main import Core
from services.payment.settings import Settings
from tests.payment.building import attempt, bill, payment
from tests.payment.conftest import Shop
from tests.payment.invoice_building import SELLER, confirmed, draft
from tests.waiting import eventually

pytestmark = pytest.mark.stack
_SERIES = query(
    """select name, last_number, count(number) as issued, max(series_number) as highest, min(series_number) as lowest
       from invoice_series left join invoices on series = name group by name"""
)
_TASK = query("select * from tasks where kind = %(kind)s and key = %(key)s")


async def paid(shop: Shop) -> None:
    await shop.create()
    await shop.pay()
    await shop.until_events("PaymentSucceeded")


async def confirm(shop: Shop, event: OrderConfirmed | None = None) -> None:
    """What the consumer does with the order's event, in its own transaction."""
    handlers = invoicing.event_handlers(shop.core.invoicing, SELLER)
    made = event or confirmed(shop.bill)
    headers = {
        "ce_id": str(uuid4()),
        "ce_type": "shopmesh.order.v1.OrderConfirmed",
        "ce_time": datetime.now(UTC).isoformat(),
        "ce_sequence": "000001.000000000001",
    }
    record = Record("order-events", made.order_id, headers, made.SerializeToString())

    async def handle() -> None:
        await handlers[OrderConfirmed](event_of(record, OrderConfirmed))

    await PostgresEffects(shop.core.database).apply("payment.orders", record, handle)


async def documents(shop: Shop) -> list[decisions.Invoice]:
    return await shop.core.invoicing.of_order(shop.order_id, "", 100)


async def until_documents(shop: Shop, *kinds: InvoiceKind) -> list[decisions.Invoice]:
    async def there() -> bool:
        return [each.document.kind for each in await documents(shop)] == list(kinds)

    await eventually(there, f"documents {kinds}")
    return await documents(shop)


async def assert_gapless(database: Database) -> None:
    async with database.reader() as tx:
        for row in await tx.all(_SERIES):
            assert row["last_number"] == row["issued"] == row["highest"], row
            assert row["lowest"] == 1, row


async def test_a_confirmed_order_gets_one_numbered_invoice_and_its_event(shop: Shop) -> None:
    await paid(shop)
    for _ in range(3):
        await confirm(shop)
    [invoice] = await documents(shop)
    year = invoice.issue_time.year
    assert invoice.number.startswith(f"INV-{year}-")
    assert invoice.document.totals.total == shop.bill.total
    assert invoice.document.seller == SELLER
    assert invoice.document.buyer.address == ("Graben 1", "1010 Wien", "AT")
    _, event = await shop.until_events("PaymentSucceeded", "InvoiceIssued")
    assert isinstance(event, InvoiceIssued)
    assert (event.invoice_id, event.order_id, event.number) == (invoice.id, shop.order_id, invoice.number)
    assert event.kind == invoice_pb2.INVOICE_KIND_INVOICE
    assert (event.total.units, event.contact.email) == (25, "ada@shop.example")
    assert [row["version"] for row in await shop.outbox()] == [1, 2]


async def test_the_task_renders_the_pdf_and_everybody_gets_the_same_bytes(shop: Shop) -> None:
    await paid(shop)
    await confirm(shop)
    [invoice] = await documents(shop)
    asked = [shop.core.invoicing.file(shop.order_id, invoice.id) for _ in range(4)]
    files = {hashlib.sha256((await file).content).hexdigest() for file in asked}

    async def rendered() -> bool:
        async with shop.core.database.reader() as tx:
            return await tx.one(_TASK, kind="render-invoice", key=invoice.id) is None

    await eventually(rendered, "the end of the rendering task")
    file = await shop.core.invoicing.file(shop.order_id, invoice.id)
    assert files == {hashlib.sha256(file.content).hexdigest()}
    assert file.name == f"{invoice.number}.pdf"
    assert file.content.startswith(b"%PDF-1.7")


async def test_a_refund_after_the_invoice_is_credited_in_full(shop: Shop) -> None:
    await paid(shop)
    await confirm(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    invoice, note = await until_documents(shop, InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)
    [refund] = (await shop.payment()).refunds
    assert note.number.startswith(f"CN-{note.issue_time.year}-")
    assert (note.document.refund_id, note.document.corrects_number) == (refund.id, invoice.number)
    assert note.document.totals == invoice.document.totals
    assert note.document.lines == invoice.document.lines
    await shop.until_events("PaymentSucceeded", "InvoiceIssued", "PaymentRefunded", "InvoiceIssued")


async def test_a_refund_older_than_the_invoice_is_credited_when_that_is_issued(shop: Shop) -> None:
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    assert await documents(shop) == []
    await confirm(shop)
    await until_documents(shop, InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)


async def test_an_order_that_was_never_confirmed_gets_neither(shop: Shop) -> None:
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_REJECTED)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")

    async def done() -> bool:
        async with shop.core.database.reader() as tx:
            return await tx.one(_TASK, kind="credit", key=shop.order_id) is None

    await eventually(done, "the end of the crediting task")
    assert await documents(shop) == []


async def test_a_refund_at_the_providers_side_is_credited_as_an_amount(shop: Shop) -> None:
    await paid(shop)
    await confirm(shop)
    [captured] = (await shop.payment()).attempts
    for amount in (700, 1800):
        await shop.stripe.v1.refunds.create_async({"payment_intent": captured.intent_id, "amount": amount})
    kinds = (InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE, InvoiceKind.CREDIT_NOTE)
    _, *notes = await until_documents(shop, *kinds)
    amounts = [note.document.totals.total for note in notes]
    assert sorted(amount.amount for amount in amounts) == [700, 1800]
    assert [note.document.lines for note in notes] == [(), ()]


async def test_crediting_at_once_from_many_places_credits_once(shop: Shop) -> None:
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    crediting = (shop.core.invoicing.credit(shop.order_id) for _ in range(8))
    await asyncio.gather(confirm(shop), *crediting)
    await until_documents(shop, InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    """A database whose series nobody else counts in."""
    return new_database(Path(main.__file__).parent / "migrations")


@pytest.fixture
async def own(url: str, settings: Settings) -> AsyncIterator[Core]:
    """Payment on that database."""
    made = main.core(settings.model_copy(update={"database_url": SecretStr(url)}))
    async with made.database, made.stripe:
        yield made


async def orders(core: Core, count: int) -> list[str]:
    """Orders with payments, as they are before Stripe was asked."""
    made = [payment(attempt(provider_id=ids.new("cs"), intent_id=ids.new("pi"))) for _ in range(count)]
    for each in made:
        await core.payments.open(each.order_id, partial(lambda known: (known, bill().contact), each))
    return [each.order_id for each in made]


async def numbers(core: Core) -> list[str]:
    async with core.database.reader() as tx:
        rows: list[Row] = await tx.all(query("select number from invoices order by series, series_number"))
    return [row["number"] for row in rows]


class Crash(BaseException):
    """Undoes whatever transaction is open, as the death of the process does."""


@asynccontextmanager
async def crashing(core: Core, crashes: bool) -> AsyncIterator[None]:
    """A transaction that dies just before its commit, where told to."""
    try:
        async with core.database.transaction():
            yield
            if crashes:
                raise Crash
    except Crash:
        pass


async def test_concurrent_invoices_of_which_some_die_before_their_commit_leave_no_gap(own: Core) -> None:
    async def issue(order_id: str, crashes: bool) -> None:
        async with crashing(own, crashes):
            await own.invoicing.issue(draft(order_id))

    made = await orders(own, 40)
    await asyncio.gather(*(issue(order_id, number % 3 == 0) for number, order_id in enumerate(made)))
    await assert_gapless(own.database)
    assert len(await numbers(own)) == 26
    await asyncio.gather(*(issue(order_id, False) for order_id in made))
    await assert_gapless(own.database)
    year = datetime.now(UTC).year
    assert await numbers(own) == [f"INV-{year}-{number:06d}" for number in range(1, 41)]


async def test_a_backend_that_is_killed_while_it_holds_the_series_gives_its_number_back(own: Core, url: str) -> None:
    first, second = await orders(own, 2)
    with pytest.raises(psycopg.OperationalError):
        async with own.database.transaction() as tx:
            await own.invoicing.issue(draft(first))
            pid = tx.connection.info.backend_pid
            other = asyncio.create_task(own.invoicing.issue(draft(second)))
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
                waiting = "select true from pg_stat_activity where %s = any(pg_blocking_pids(pid))"

                async def waits() -> bool:
                    return await (await admin.execute(waiting, (pid,))).fetchone() is not None

                await eventually(waits, "the second to wait for the number")
                await admin.execute("select pg_terminate_backend(%s)", (pid,))
                await other
    await own.invoicing.issue(draft(first))
    await assert_gapless(own.database)
    issued = [invoice for order_id in (second, first) for invoice in await own.invoicing.of_order(order_id, "", 9)]
    assert [invoice.number[-6:] for invoice in issued] == ["000001", "000002"]


async def test_a_restored_shop_goes_on_in_a_new_series(own: Core) -> None:
    before, after = await orders(own, 2)
    await own.invoicing.issue(draft(before))
    async with own.database.transaction() as tx:
        await tx.execute(query("update chassis_state set incarnation = 2"))
    await own.invoicing.issue(draft(after))
    year = datetime.now(UTC).year
    assert await numbers(own) == [f"INV-{year}-000001", f"INV-{year}R2-000001"]


def decision(document: decisions.Document) -> Callable[..., decisions.Document]:
    """Issues a document whatever there is."""
    return lambda *_: document


async def test_within_a_series_dates_do_not_run_backwards_and_years_are_those_of_the_shops_zone(own: Core) -> None:
    evening = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    clock = iter([evening, evening - timedelta(seconds=5), evening + timedelta(hours=1)])
    store = PostgresInvoices(own.database, own.payments, Tasks(), partial(next, clock), "Europe/Vienna")
    made = [await store.issue(order_id, decision(draft(order_id))) for order_id in await orders(own, 3)]
    issued = [each for each in made if each]
    assert [each.number for each in issued] == ["INV-2026-000001", "INV-2026-000002", "INV-2027-000001"]
    assert issued[1].issue_time == issued[0].issue_time


CHANGES = (
    "update invoices set total = total + 1",
    "update invoices set issue_time = now()",
    "delete from invoices",
    "truncate invoices cascade",
    "update invoice_files set content = ''",
    "delete from invoice_files",
    "truncate invoice_files",
    "delete from invoice_series",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_database_refuses_to_change_what_was_issued(shop: Shop, change: str) -> None:
    await paid(shop)
    await confirm(shop)
    [invoice] = await documents(shop)
    await shop.core.invoicing.file(shop.order_id, invoice.id)
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with shop.core.database.transaction() as tx:
            await tx.execute(query(change))
    assert await documents(shop) == [invoice]


async def test_the_database_refuses_a_number_that_leaves_a_gap(own: Core) -> None:
    [order_id] = await orders(own, 1)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with own.database.transaction() as tx:
            await own.invoicing.issue(draft(order_id))
            await tx.execute(query("update invoice_series set last_number = last_number + 1"))
            [another] = await orders(own, 1)
            await own.invoicing.issue(draft(another))
    assert await numbers(own) == []
