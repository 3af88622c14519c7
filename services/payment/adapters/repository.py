"""Payments in PostgreSQL, with their events, obligations and tasks in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database, Query, Row, Transaction, query
from services.chassis.outbox import Outbox
from services.chassis.tasks import Tasks
from services.payment.adapters import ledger, outgoing, rows, tables
from services.payment.adapters.obligations import PostgresObligations
from services.payment.domain import settlement
from services.payment.domain.bill import Contact
from services.payment.domain.events import Refunded
from services.payment.domain.payment import Change, Payment, payment_closed
from services.payment.ports import Alarms, TaskKind


def _upsert(table: Table) -> Query:
    """Inserts a row or overwrites it, by its primary key."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    return query(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _parts(table: Table, order: str) -> Query:
    return query(select(table).where(table.c.payment_id == bindparam("payment_id")).order_by(table.c[order]))


_PAYMENTS = select(tables.payments)
_BY_ID = query(_PAYMENTS.where(tables.payments.c.id == bindparam("id")))
_LOCK_BY_ID = query(_PAYMENTS.where(tables.payments.c.id == bindparam("id")).with_for_update())
_BY_ORDER = query(_PAYMENTS.where(tables.payments.c.order_id == bindparam("order_id")))
_LOCK_BY_ORDER = query(_PAYMENTS.where(tables.payments.c.order_id == bindparam("order_id")).with_for_update())
_BY_INTENT = query(_PAYMENTS.join(tables.attempts).where(tables.attempts.c.intent_id == bindparam("intent_id")))
_UNFINISHED = query(
    """select id from payments where state in ('OPEN', 'CLOSING') and update_time < %(before)s and id > %(after)s
       order by id limit %(count)s"""
)
_PARTS = {
    "attempts": _parts(tables.attempts, "number"),
    "refunds": _parts(tables.refunds, "number"),
    "disputes": _parts(tables.disputes, "id"),
    "declines": _parts(tables.declines, "decline_time"),
}
_CONTACT = query(select(tables.payment_contacts).where(tables.payment_contacts.c.payment_id == bindparam("payment_id")))
_SAVE_PAYMENT = _upsert(tables.payments)
_SAVE_CONTACT = query(insert(tables.payment_contacts))
_SAVE_ATTEMPT = _upsert(tables.attempts)
_SAVE_REFUND = _upsert(tables.refunds)
_SAVE_DISPUTE = _upsert(tables.disputes)
_SAVE_DECLINE = query(insert(tables.declines))
_LEAST = UUID(int=0)
BATCH = 500
"""Payments of one commit, so that a run that is cut off keeps what it did."""
# Creating and closing meet before there is a row to lock.
_LOCK_ORDER = query("select pg_advisory_xact_lock(hashtextextended('order:' || %(order_id)s, 0))")
_TOMBSTONE = query(select(tables.tombstones).where(tables.tombstones.c.order_id == bindparam("order_id")))
_BURY = query(insert(tables.tombstones).on_conflict_do_nothing())


class PostgresPayments:
    """The port ``Payments``."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        tasks: Tasks,
        obligations: PostgresObligations,
        alarms: Alarms,
        clock: Clock,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._tasks = tasks
        self._obligations = obligations
        self._alarms = alarms
        self._clock = clock

    async def open(self, order_id: str, make: Callable[[], tuple[Payment, Contact]]) -> Payment:
        """The payment of the order, made where there is none."""
        async with self._database.transaction() as tx:
            await tx.one(_LOCK_ORDER, order_id=order_id)
            if await tx.one(_TOMBSTONE, order_id=ids.uuid_of(order_id)):
                raise payment_closed(order_id)
            known = await self._one(tx, _BY_ORDER, order_id=ids.uuid_of(order_id))
            if known is not None:
                return known
            payment, contact = make()
            await tx.execute(_SAVE_PAYMENT, **rows.payment_columns(payment))
            await tx.execute(_SAVE_CONTACT, payment_id=ids.uuid_of(payment.id), **rows.contact_columns(contact))
            await _save_parts(tx, None, payment)
            return payment

    async def close(self, order_id: str, now: datetime) -> Payment | None:
        """Marks the order's payment CLOSING, or leaves a tombstone."""
        async with self._database.transaction() as tx:
            await tx.one(_LOCK_ORDER, order_id=order_id)
            payment = await self._one(tx, _LOCK_BY_ORDER, order_id=ids.uuid_of(order_id))
            if payment is None:
                await tx.execute(_BURY, order_id=ids.uuid_of(order_id), create_time=now)
                return None
            return await self._save(tx, payment, settlement.close(payment, now))

    async def by_order(self, order_id: str) -> Payment | None:
        return await self._read(_BY_ORDER, order_id=ids.uuid_of(order_id))

    async def locked(self, order_id: str) -> Payment:
        """The order's payment, locked until the transaction ends; LookupError where there is none."""
        async with self._database.transaction() as tx:
            payment = await self._one(tx, _LOCK_BY_ORDER, order_id=ids.uuid_of(order_id))
        if payment is None:
            raise LookupError(order_id)
        return payment

    async def get(self, payment_id: str) -> Payment | None:
        return await self._read(_BY_ID, id=ids.uuid_of(payment_id))

    async def named(self, text: str) -> Payment | None:
        """None where the text is no payment's id."""
        try:
            return await self.get(text) if text.startswith("pay_") else None
        except ValueError:
            return None

    async def by_intent(self, intent_id: str) -> Payment | None:
        return await self._read(_BY_INTENT, intent_id=intent_id)

    async def update(self, payment_id: str, decide: Callable[[Payment], Change]) -> Payment:
        """Locks the payment and applies the decision."""
        async with self._database.transaction() as tx:
            payment = await self._one(tx, _LOCK_BY_ID, id=ids.uuid_of(payment_id))
            if payment is None:
                raise LookupError(payment_id)
            return await self._save(tx, payment, decide(payment))

    async def settle_unfinished(self, before: datetime) -> None:
        """Leaves a task for each OPEN or CLOSING payment that last changed before."""
        after: UUID | None = _LEAST
        while after is not None:
            after = await self._settle_next(before, after)

    async def _settle_next(self, before: datetime, after: UUID) -> UUID | None:
        """One batch behind the payment `after`; its last payment, None where there is no further one."""
        async with self._database.transaction() as tx:
            batch = await tx.all(_UNFINISHED, before=before, after=after, count=BATCH)
            for row in batch:
                await self._tasks.add(tx, TaskKind.SETTLE, ids.text("pay", row["id"]))
        return batch[-1]["id"] if len(batch) == BATCH else None

    async def _read(self, wanted: Query, **params: Any) -> Payment | None:
        async with self._database.reader() as tx:
            return await self._one(tx, wanted, **params)

    async def _one(self, tx: Transaction, wanted: Query, **params: Any) -> Payment | None:
        row = await tx.one(wanted, **params)
        return await _whole(tx, row) if row else None

    async def _save(self, tx: Transaction, before: Payment, change: Change) -> Payment:
        after = replace(change.payment, version=before.version + len(change.events))
        if after != before:
            await tx.execute(_SAVE_PAYMENT, **rows.payment_columns(after))
            await _save_parts(tx, before, after)
            await ledger.write(tx, before, after, self._clock())
        if change.events:
            await self._publish(tx, before.version, after, change)
        await self._follow(tx, after, change)
        return after

    async def _publish(self, tx: Transaction, version: int, payment: Payment, change: Change) -> None:
        row = await tx.one(_CONTACT, payment_id=ids.uuid_of(payment.id))
        contact = rows.contact_of(row) if row else None
        for number, event in enumerate(change.events, version + 1):
            message = outgoing.message(event, payment, contact)
            await self._outbox.add(tx, message, topic=outgoing.TOPIC, key=payment.order_id, version=number)

    async def _follow(self, tx: Transaction, payment: Payment, change: Change) -> None:
        """Leaves the tasks that the change asks for; alarms sound once it is committed."""
        for cause in change.obligations:
            await self._obligations.add(payment.order_id, cause)
        if change.reopen_after is not None:
            await self._obligations.reopen(payment.order_id, change.reopen_after)
        if payment.state.is_final and payment.open_attempts:
            await self._tasks.add(tx, TaskKind.END_ATTEMPTS, payment.id)
        if any(isinstance(event, Refunded) for event in change.events):
            await self._tasks.add(tx, TaskKind.CREDIT, payment.order_id)
        for kind in change.alarms:
            tx.after_commit(partial(self._alarms.raise_alarm, kind, payment_id=payment.id))


async def _whole(tx: Transaction, row: Row) -> Payment:
    parts = {name: await tx.all(wanted, payment_id=row["id"]) for name, wanted in _PARTS.items()}
    return rows.payment_of(row, parts)


async def _save_parts(tx: Transaction, before: Payment | None, after: Payment) -> None:
    """Writes the parts that are new or have changed."""
    for attempt in _changed(before.attempts if before else (), after.attempts):
        await tx.execute(_SAVE_ATTEMPT, **rows.attempt_columns(after, attempt))
    for refund in _changed(before.refunds if before else (), after.refunds):
        await tx.execute(_SAVE_REFUND, **rows.refund_columns(after, refund))
    for dispute in _changed(before.disputes if before else (), after.disputes):
        await tx.execute(_SAVE_DISPUTE, **rows.dispute_columns(after, dispute))
    for decline in _changed(before.declines if before else (), after.declines):
        await tx.execute(_SAVE_DECLINE, **rows.decline_columns(after, decline))


def _changed(before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    return [part for part in after if part not in before]
