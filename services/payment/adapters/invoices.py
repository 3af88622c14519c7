"""Invoices in PostgreSQL: numbered from a row that stays locked until the commit, so that a number never gets lost."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.tasks import Tasks
from services.payment.adapters.invoice_tables import invoice_files, invoices
from services.payment.adapters.repository import PostgresPayments
from services.payment.domain import invoices as numbering
from services.payment.domain.events import InvoiceIssued
from services.payment.domain.invoices import Document, Invoice, InvoiceKind
from services.payment.domain.payment import Change, Payment
from services.payment.ports import TaskKind

_CONTENT = TypeAdapter(Document)
_INCARNATION = query("select incarnation from chassis_state")
_NUMBER = query(
    """insert into invoice_series (name, last_number, last_issue_time) values (%(name)s, 1, %(now)s)
       on conflict (name) do update set
           last_number = invoice_series.last_number + 1,
           last_issue_time = greatest(invoice_series.last_issue_time, excluded.last_issue_time)
       returning last_number, last_issue_time"""
)
_OF_ORDER = select(invoices).where(invoices.c.order_id == bindparam("order_id")).order_by(invoices.c.id)
_ALL = query(_OF_ORDER)
_PAGE = query(_OF_ORDER.where(invoices.c.id > bindparam("after")).limit(bindparam("count")))
_ONE = query(_OF_ORDER.where(invoices.c.id == bindparam("id")))
_INSERT = query(insert(invoices))
_FILE = query(select(invoice_files.c.content).where(invoice_files.c.invoice_id == bindparam("invoice_id")))
_KEEP = query(insert(invoice_files).on_conflict_do_nothing())
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"


class PostgresInvoices:
    """The port ``Invoices``; years are those of the shop's time zone."""

    def __init__(
        self, database: Database, payments: PostgresPayments, tasks: Tasks, clock: Clock, time_zone: str
    ) -> None:
        self._database = database
        self._payments = payments
        self._tasks = tasks
        self._clock = clock
        self._zone = ZoneInfo(time_zone)

    async def issue(
        self, order_id: str, decide: Callable[[Payment, Sequence[Invoice]], Document | None]
    ) -> Invoice | None:
        """Locks the payment, then the series, and issues what is decided."""
        async with self._database.transaction() as tx:
            payment = await self._payments.locked(order_id)
            known = [_invoice(row) for row in await tx.all(_ALL, order_id=ids.uuid_of(order_id))]
            document = decide(payment, known)
            if document is None:
                return None
            invoice = await self._insert(tx, document)
            await self._follow(tx, payment, invoice)
            return invoice

    async def get(self, order_id: str, invoice_id: str) -> Invoice | None:
        async with self._database.reader() as tx:
            row = await tx.one(_ONE, order_id=ids.uuid_of(order_id), id=ids.uuid_of(invoice_id))
        return _invoice(row) if row else None

    async def of_order(self, order_id: str, after: str, count: int) -> list[Invoice]:
        """At most `count`, the oldest first: ids are ordered by the time of their making."""
        last = ids.uuid_of(after) if after else _BEFORE_ALL
        async with self._database.reader() as tx:
            rows = await tx.all(_PAGE, order_id=ids.uuid_of(order_id), after=last, count=count)
        return [_invoice(row) for row in rows]

    async def file(self, invoice_id: str) -> bytes | None:
        async with self._database.reader() as tx:
            row = await tx.one(_FILE, invoice_id=ids.uuid_of(invoice_id))
        return bytes(row["content"]) if row else None

    async def keep_file(self, invoice_id: str, content: bytes) -> bytes:
        """Keeps the first one; whoever comes second gets that."""
        row = {"invoice_id": ids.uuid_of(invoice_id), "content": content, "render_time": self._clock()}
        async with self._database.transaction() as tx:
            await tx.execute(_KEEP, sha256=hashlib.sha256(content).digest(), **row)
            kept = await tx.one(_FILE, invoice_id=row["invoice_id"])
        assert kept
        return bytes(kept["content"])

    async def _insert(self, tx: Transaction, document: Document) -> Invoice:
        """Takes the next number of the series; others wait for it until this is committed or undone."""
        now = self._clock()
        state = await tx.one(_INCARNATION)
        assert state
        series = numbering.series(document.kind, now.astimezone(self._zone).year, state["incarnation"])
        taken = await tx.one(_NUMBER, name=series, now=now)
        assert taken
        number = numbering.number(series, taken["last_number"])
        invoice = Invoice(ids.new("inv"), number, taken["last_issue_time"], document)
        await tx.execute(_INSERT, series=series, series_number=taken["last_number"], **_columns(invoice))
        return invoice

    async def _follow(self, tx: Transaction, payment: Payment, invoice: Invoice) -> None:
        """The event, the task that renders, and the one that credits what was refunded before there was an invoice."""
        document = invoice.document
        event = InvoiceIssued(
            invoice.id,
            document.kind,
            invoice.number,
            document.corrects_number,
            document.totals.total,
            invoice.issue_time,
        )
        await self._payments.update(payment.id, lambda locked: Change(locked, (event,)))
        await self._tasks.add(tx, TaskKind.RENDER, invoice.id, {"order_id": document.order_id})
        if document.kind is InvoiceKind.INVOICE and payment.refunds:
            await self._tasks.add(tx, TaskKind.CREDIT, document.order_id)


def _columns(invoice: Invoice) -> dict[str, Any]:
    document = invoice.document
    total = document.totals.total
    return {
        "id": ids.uuid_of(invoice.id),
        "order_id": ids.uuid_of(document.order_id),
        "kind": document.kind,
        "number": invoice.number,
        "refund_id": ids.uuid_of(document.refund_id) if document.refund_id else None,
        "corrects": document.corrects_number or None,
        "total": total.amount,
        "currency": total.currency,
        "content": _CONTENT.dump_python(document, mode="json"),
        "issue_time": invoice.issue_time,
    }


def _invoice(row: Row) -> Invoice:
    return Invoice(
        ids.text("inv", row["id"]), row["number"], row["issue_time"], _CONTENT.validate_python(row["content"])
    )
