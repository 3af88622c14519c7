"""Invoices over a real database: one for a confirmed order, numbered without a gap, credited by what went back."""

import asyncio
import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1 import invoice_pb2
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued

from services.chassis.database import query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Record, event_of
from services.payment.api import invoicing
from services.payment.domain import invoices as decisions
from services.payment.domain.invoices import InvoiceKind
from services.payment.domain.payment import Cause
from tests.payment.conftest import Shop
from tests.payment.invoice_building import SELLER, confirmed
from tests.waiting import eventually

pytestmark = pytest.mark.stack
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
    asked = await asyncio.gather(*(shop.core.invoicing.file(shop.order_id, invoice.id) for _ in range(4)))
    files = {hashlib.sha256(file.content).hexdigest() for file in asked}

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
