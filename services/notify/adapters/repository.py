"""Deliveries in PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.tasks import Tasks
from services.notify.adapters.tables import deliveries
from services.notify.domain.deliveries import Delivery, DeliveryState, Message
from services.notify.ports import Filter

SEND_TASK = "send-mail"

_INSERT = query(insert(deliveries).on_conflict_do_nothing(index_elements=[deliveries.c.message_id]))
_LOCKED = query(select(deliveries).where(deliveries.c.id == bindparam("id")).with_for_update())
_SAVE = query(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"))
    .values({name: bindparam(name) for name in ("state", "attempts", "last_error", "send_time")})
)
_PURGE = query("delete from deliveries where create_time < %(before)s and state in ('SENT', 'FAILED')")
# An empty filter is spelled out, so that one prepared statement serves each combination with the index that fits.
_LIST = "select * from deliveries where {} order by create_time desc, id desc limit %(count)s"
_CONDITIONS = {
    "subject_id": "subject_id = %(subject_id)s",
    "states": "state = any(%(states)s)",
    "create_time": "(create_time, id) < (%(create_time)s, %(id)s)",
}
_LISTS = {
    names: query(_LIST.format(" and ".join(["true", *(_CONDITIONS[name] for name in names)])))
    for names in [
        tuple(name for bit, name in enumerate(_CONDITIONS) if number >> bit & 1)
        for number in range(2 ** len(_CONDITIONS))
    ]
}


class PostgresDeliveries:
    """The port ``Deliveries``."""

    def __init__(self, database: Database, tasks: Tasks) -> None:
        self._database = database
        self._tasks = tasks

    async def add(self, delivery: Delivery) -> bool:
        """Store a new delivery and the task that sends it in one transaction; False where its Message-ID is known."""
        async with self._database.transaction() as tx:
            added = bool(await tx.execute(_INSERT, **_columns(delivery)))
            if added:
                await self._tasks.add(tx, SEND_TASK, delivery.id)
        return added

    async def locked(self, delivery_id: str) -> Delivery | None:
        """The delivery, locked until the transaction ends."""
        async with self._database.transaction() as tx:
            row = await tx.one(_LOCKED, id=ids.uuid_of(delivery_id))
        return _delivery(row) if row else None

    async def save(self, delivery: Delivery) -> None:
        """Overwrite state, attempts, error and send time."""
        changed = {"state": delivery.state, "attempts": delivery.attempts, "last_error": delivery.last_error}
        delivery_id = ids.uuid_of(delivery.id)
        async with self._database.transaction() as tx:
            await tx.execute(_SAVE, delivery_id=delivery_id, send_time=delivery.send_time, **changed)

    async def list(self, wanted: Filter, count: int) -> list[Delivery]:
        """At most ``count`` deliveries, the newest first."""
        given: dict[str, Any] = {}
        if wanted.subject_id:
            given["subject_id"] = wanted.subject_id
        if wanted.states:
            given["states"] = [state.value for state in wanted.states]
        if wanted.after:
            given |= {"create_time": wanted.after[0], "id": ids.uuid_of(wanted.after[1])}
        statement = _LISTS[tuple(name for name in _CONDITIONS if name in given)]
        async with self._database.reader() as tx:
            return [_delivery(row) for row in await tx.all(statement, count=count, **given)]

    async def purge(self, before: datetime) -> int:
        """Delete finished deliveries that were decided before; how many."""
        async with self._database.transaction() as tx:
            return await tx.execute(_PURGE, before=before)


def _columns(delivery: Delivery) -> Row:
    message = delivery.message
    return {
        "id": ids.uuid_of(delivery.id),
        "event_id": message.event_id,
        "template": message.template,
        "recipient": message.recipient,
        "display_name": message.display_name,
        "locale": message.locale,
        "subject_id": message.subject_id,
        "subject": delivery.subject,
        "payload": dict(message.payload),
        "message_id": delivery.message_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_error": delivery.last_error,
        "create_time": delivery.create_time,
        "send_time": delivery.send_time,
    }


def _delivery(row: Row) -> Delivery:
    texts = ("event_id", "template", "recipient", "display_name", "locale", "subject_id", "payload")
    return Delivery(
        id=ids.text("dlv", row["id"]),
        message=Message(**{name: row[name] for name in texts}),
        subject=row["subject"],
        message_id=row["message_id"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        create_time=row["create_time"],
        send_time=row["send_time"],
    )
