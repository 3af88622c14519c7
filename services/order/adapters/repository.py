"""Orders in PostgreSQL: the stream is the truth, the head row its lock, the contact apart so that it can be erased."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import any_, bindparam, case, delete, func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql

from services.chassis import ids
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.errors import NotFound
from services.chassis.outbox import Outbox
from services.chassis.tasks import Tasks
from services.order.adapters import outgoing
from services.order.adapters.outgoing import Personal
from services.order.adapters.stream import from_bytes, to_bytes
from services.order.adapters.tables import order_contacts, order_events, order_streams, unpaid_orders
from services.order.domain import order as domain
from services.order.domain.buyers import buyer_key
from services.order.domain.contact import Contact, PostalAddress
from services.order.domain.events import StreamEvent
from services.order.domain.order import Order, State
from services.order.domain.saga import Decision
from services.order.ports import Alarms, Head, OrderRecord, Stuck

_ADDRESS = TypeAdapter(PostalAddress)
_ONE = order_streams.c.order_id == bindparam("order_id")
_IDS = any_(bindparam("order_ids", type_=postgresql.ARRAY(postgresql.UUID)))

_LOCK = query(select(order_streams.c.version).where(_ONE).with_for_update())
_HEAD = query(select(order_streams.c.version, order_streams.c.state).where(_ONE))
_EVENTS = query(
    select(order_events)
    .where(order_events.c.order_id == _IDS, order_events.c.version <= bindparam("up_to"))
    .order_by(order_events.c.order_id, order_events.c.version)
)
_CONTACTS = query(select(order_contacts).where(order_contacts.c.order_id == _IDS))
_NEXT_IDS = query(
    select(order_streams.c.order_id)
    .where(order_streams.c.order_id > bindparam("after"))
    .order_by(order_streams.c.order_id)
    .limit(bindparam("count"))
)
_BEGIN = query(insert(order_streams))
_MOVE = query(
    update(order_streams)
    .where(_ONE)
    .values(
        version=bindparam("to_version"),
        state=bindparam("to_state"),
        state_time=case(
            (order_streams.c.state == bindparam("to_state"), order_streams.c.state_time), else_=bindparam("to_time")
        ),
    )
)
_APPEND = query(insert(order_events))
_ADD_CONTACT = query(insert(order_contacts))
_NOTE = query(
    update(order_contacts).where(order_contacts.c.order_id == bindparam("of")).values(cancel_reason=bindparam("reason"))
)
_HOLD = query(insert(unpaid_orders))
_HOLD_NO_MORE = query(delete(unpaid_orders).where(unpaid_orders.c.order_id == bindparam("order_id")))
_HELD = query(
    select(func.coalesce(func.sum(unpaid_orders.c.units), 0).label("units")).where(
        unpaid_orders.c.buyer == bindparam("buyer")
    )
)
_LOCK_BUYER = query("select pg_advisory_xact_lock(%(key)s)")
# The states stand in the text, not in parameters, so that the planner sees that the partial indexes fit.
_OLDEST_PAID = query(
    select(order_streams.c.order_id, order_streams.c.state_time.label("since"))
    .where(order_streams.c.state == literal_column("'PAID'"))
    .order_by(order_streams.c.state_time)
    .limit(1)
)
_OLDEST_OVERDUE = query(
    select(order_streams.c.order_id, order_streams.c.expire_time.label("since"))
    .where(order_streams.c.state == literal_column("'PLACED'"), order_streams.c.expire_time < bindparam("before"))
    .order_by(order_streams.c.expire_time)
    .limit(1)
)
_LATEST = 2**31 - 1
_LEAST = UUID(int=0)


class OrderRepository:
    """The port ``Orders``."""

    def __init__(self, database: Database, outbox: Outbox, tasks: Tasks, alarms: Alarms) -> None:
        self._database = database
        self._outbox = outbox
        self._tasks = tasks
        self._alarms = alarms

    async def get(self, order_id: str) -> OrderRecord | None:
        """The order as it is now; None where there is no such stream."""
        return next(iter(await self.many([order_id])), None)

    async def as_placed(self, order_id: str) -> OrderRecord | None:
        """The order as its first event made it."""
        return next(iter(await self._records([order_id], up_to=1)), None)

    async def many(self, order_ids: Sequence[str]) -> list[OrderRecord]:
        """Those of the orders that exist."""
        return await self._records(order_ids, up_to=_LATEST)

    async def _records(self, order_ids: Sequence[str], up_to: int) -> list[OrderRecord]:
        uuids = [ids.uuid_of(order_id) for order_id in order_ids]
        async with self._database.reader() as tx:
            rows = await tx.all(_EVENTS, order_ids=uuids, up_to=up_to)
            contacts = {row["order_id"]: _contact(row) for row in await tx.all(_CONTACTS, order_ids=uuids)}
        return [OrderRecord(_fold(uuid, stream), contacts.get(uuid)) for uuid, stream in _by_order(rows).items()]

    async def head(self, order_id: str) -> Head | None:
        """Version and state, without folding."""
        async with self._database.reader() as tx:
            row = await tx.one(_HEAD, order_id=ids.uuid_of(order_id))
        return Head(row["version"], State(row["state"])) if row else None

    async def ids_after(self, order_id: str | None, count: int) -> list[str]:
        """The next ids of all streams, in their order."""
        after = ids.uuid_of(order_id) if order_id else _LEAST
        async with self._database.reader() as tx:
            rows = await tx.all(_NEXT_IDS, after=after, count=count)
        return [ids.text("ord", row["order_id"]) for row in rows]

    async def create(self, order_id: str, cause: str, decision: Decision, contact: Contact) -> None:
        """Begins a stream with the events of ``decision``, stores the contact, publishes, leaves the tasks."""
        order = domain.fold(order_id, decision.events)
        assert order is not None
        uuid = ids.uuid_of(order_id)
        async with self._database.transaction() as tx:
            await tx.execute(
                _BEGIN,
                order_id=uuid,
                version=order.version,
                state=order.state,
                state_time=order.update_time,
                expire_time=order.placed.expire_time,
            )
            await tx.execute(_ADD_CONTACT, **_contact_row(order, contact))
            buyer = buyer_key(order.placed.user_id, contact.email)
            await tx.execute(_HOLD, order_id=uuid, buyer=buyer, units=order.units)
            await self._append(tx, None, order_id, cause, decision, Personal(contact))

    async def update(self, order_id: str, cause: str, decide: Callable[[Order], Decision]) -> Order:
        """Locks and folds the stream, appends what ``decide`` answers, publishes, leaves the tasks; returns the order after.

        A cause that has appended before appends nothing. NotFound where there is no such stream.
        """
        uuid = ids.uuid_of(order_id)
        async with self._database.transaction() as tx:
            if await tx.one(_LOCK, order_id=uuid) is None:
                raise NotFound("order", order_id)
            # Read after the lock: the locking statement's own snapshot may be older than the row it waited for.
            rows = await tx.all(_EVENTS, order_ids=[uuid], up_to=_LATEST)
            order = _fold(uuid, rows)
            if any(row["cause_id"] == cause for row in rows):
                return order
            decision = decide(order)
            if decision.alarm:
                tx.after_commit(
                    partial(self._alarms.raise_alarm, decision.alarm, order_id=order_id, state=order.state, cause=cause)
                )
            if not decision.events:
                return order
            return await self._continue(tx, order, cause, decision)

    async def _continue(self, tx: Transaction, order: Order, cause: str, decision: Decision) -> Order:
        uuid = ids.uuid_of(order.id)
        if decision.note:
            await tx.execute(_NOTE, of=uuid, reason=decision.note)
        row = next(iter(await tx.all(_CONTACTS, order_ids=[uuid])), {})
        personal = Personal(_contact(row), row.get("cancel_reason") or "")
        moved = await self._append(tx, order, order.id, cause, decision, personal)
        await tx.execute(
            _MOVE, order_id=uuid, to_version=moved.version, to_state=moved.state, to_time=moved.update_time
        )
        if order.state is State.PLACED and moved.state is not State.PLACED:
            await tx.execute(_HOLD_NO_MORE, order_id=uuid)
        return moved

    async def _append(
        self, tx: Transaction, order: Order | None, order_id: str, cause: str, decision: Decision, personal: Personal
    ) -> Order:
        """Stores and publishes the events after ``order`` and leaves the tasks; the stream is locked or new."""
        for index, event in enumerate(decision.events):
            order = domain.apply(order_id, order, event)
            await tx.execute(_APPEND, cause_id=cause, index=index, **_event_row(order, event))
            message = outgoing.published(event, order, personal)
            await self._outbox.add(tx, message, topic=outgoing.TOPIC, key=order_id, version=order.version)
        for task in decision.tasks:
            await self._tasks.add(tx, task.kind, order_id, due=task.due)
        assert order is not None
        return order

    async def lock_buyer(self, buyer: bytes) -> None:
        """Until the open transaction ends, whoever else locks this buyer waits."""
        async with self._database.transaction() as tx:
            await tx.all(_LOCK_BUYER, key=int.from_bytes(buyer[:8], signed=True))

    async def unpaid_units(self, buyer: bytes) -> int:
        """The units in the buyer's orders that are PLACED."""
        async with self._database.reader() as tx:
            row = await tx.one(_HELD, buyer=buyer)
        assert row is not None
        return int(row["units"])

    async def oldest_paid(self) -> Stuck | None:
        """The order that has been PAID longest."""
        async with self._database.reader() as tx:
            return _stuck(await tx.one(_OLDEST_PAID))

    async def oldest_overdue(self, before: datetime) -> Stuck | None:
        """The unpaid order whose deadline passed first, if that was before ``before``."""
        async with self._database.reader() as tx:
            return _stuck(await tx.one(_OLDEST_OVERDUE, before=before))


def _by_order(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    streams: dict[UUID, list[Row]] = {}
    for row in rows:
        streams.setdefault(row["order_id"], []).append(row)
    return streams


def _fold(uuid: UUID, rows: Iterable[Row]) -> Order:
    order = domain.fold(ids.text("ord", uuid), (from_bytes(row["type"], bytes(row["payload"])) for row in rows))
    assert order is not None
    return order


def _event_row(order: Order, event: StreamEvent) -> Row:
    type_name, payload = to_bytes(event)
    return {"order_id": ids.uuid_of(order.id), "version": order.version, "type": type_name, "payload": payload}


def _contact_row(order: Order, contact: Contact) -> Row:
    address = contact.shipping_address
    return {
        "id": ids.uuid_of(order.placed.contact_id),
        "order_id": ids.uuid_of(order.id),
        "email": contact.email,
        "display_name": contact.display_name,
        "locale": contact.locale,
        "shipping_address": asdict(address) if address else None,
        "cancel_reason": None,
    }


def _contact(row: Row) -> Contact | None:
    """The contact, None once its e-mail address was erased."""
    if row.get("email") is None:
        return None
    address = row["shipping_address"]
    return Contact(
        email=row["email"],
        display_name=row["display_name"],
        locale=row["locale"],
        shipping_address=_ADDRESS.validate_python(address) if address else None,
    )


def _stuck(row: Row | None) -> Stuck | None:
    return Stuck(ids.text("ord", row["order_id"]), row["since"]) if row else None
