"""Where a consumer's effects go, and how they are kept from happening twice: one EffectStore per kind of store.

A handler runs once for each event, in the order of the key. A poison event parks its key: it and the later events of
the key wait, in order, in the store of the effect, until ``dlq replay`` runs them through the same handler.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, runtime_checkable

from services.chassis import ids
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.events import Record
from services.chassis.tasks import Task

Apply = Callable[[], Awaitable[None]]


class EffectStore(Protocol):
    """What the consumer needs of the store that its handlers write to."""

    async def apply(self, group: str, record: Record, handler: Apply) -> None:
        """Runs ``handler`` once for the record, or parks the record where its key is parked."""

    async def park(self, group: str, record: Record, error: str) -> bool:
        """Parks the record and so its key, with a copy for people; False where this store parks nothing."""


@runtime_checkable
class DeadLetters(Protocol):
    """An effect store that parks, as the ``dlq`` commands see it."""

    async def keys(self) -> list[Row]:
        """Parked keys: consumer_group, key, events (how many), since, error (of the first)."""

    async def events(self, group: str, key: str) -> list[Row]:
        """The parked events of a key, in order: position, event_id, topic, headers, error, create_time."""

    async def replay_first(self, group: str, key: str, handler: Callable[[Record], Awaitable[None]]) -> bool:
        """Runs the first parked event of a key and frees it with its effect; False: none is left."""


class DirectEffects:
    """For effects that any later event repairs, such as a read model: no memory of events, and nothing is parked."""

    async def apply(self, group: str, record: Record, handler: Apply) -> None:
        await handler()

    async def park(self, group: str, record: Record, error: str) -> bool:
        return False


_LOCK = query("select pg_advisory_xact_lock(hashtextextended(%(group)s || chr(31) || %(key)s, 0))")
_SEEN = query("insert into inbox (consumer_group, event_id) values (%(group)s, %(event_id)s) on conflict do nothing")
_KNOWN = query(
    """select exists (select from inbox where consumer_group = %(group)s and event_id = %(event_id)s) as seen,
              exists (select from parked where consumer_group = %(group)s and key = %(key)s) as parked"""
)
_PARK = query(
    """insert into parked (consumer_group, key, position, event_id, topic, headers, payload, error)
       select %(group)s, %(key)s, coalesce(max(position), 0) + 1, %(event_id)s, %(topic)s, %(headers)s, %(payload)s,
              %(error)s
       from parked where consumer_group = %(group)s and key = %(key)s
       on conflict (consumer_group, event_id) do nothing"""
)
_COPY = query(
    """insert into outbox (event_id, topic, key, version, incarnation, type, headers, payload, create_time)
       select %(id)s, %(topic)s, %(key)s, 0, incarnation, %(type)s, %(headers)s, %(payload)s, now() from chassis_state"""
)
_FIRST = query("""select * from parked where consumer_group = %(group)s and key = %(key)s order by position limit 1""")
_UNPARK = query("delete from parked where consumer_group = %(group)s and key = %(key)s and position = %(position)s")
_KEYS = query(
    """select consumer_group, key, count(*) as events, min(create_time) as since, (array_agg(error order by position))[1] as error
       from parked group by consumer_group, key order by since"""
)
_EVENTS = query("select * from parked where consumer_group = %(group)s and key = %(key)s order by position")


_PURGE = query("delete from inbox where create_time < now() - %(kept)s")
KEPT = timedelta(days=40)
"""Longer than any topic, outbox row or backup keeps an event."""


class PostgresEffects:
    """Inbox and parked events in the service's own PostgreSQL, in one transaction with the effect."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, group: str, record: Record, handler: Apply) -> None:
        async with self._database.transaction() as tx:
            known = await self._locked(tx, group, record)
            if known["seen"]:
                return
            if known["parked"]:
                await self._append(tx, group, record, "behind a parked event")
                return
            await tx.execute(_SEEN, group=group, event_id=record.id)
            await handler()

    async def park(self, group: str, record: Record, error: str) -> bool:
        async with self._database.transaction() as tx:
            # The partition's next owner may have handled it since.
            if not (await self._locked(tx, group, record))["seen"]:
                await self._append(tx, group, record, error)
        return True

    async def _locked(self, tx: Transaction, group: str, record: Record) -> Row:
        """Takes the key's lock; whether the event was ``seen`` and whether the key is ``parked``."""
        await tx.one(_LOCK, group=group, key=record.key)
        known = await tx.one(_KNOWN, group=group, key=record.key, event_id=record.id)
        assert known is not None
        return known

    async def _append(self, tx: Transaction, group: str, record: Record, error: str) -> None:
        row = {"topic": record.topic, "headers": dict(record.headers), "payload": record.payload}
        if await tx.execute(_PARK, group=group, key=record.key, event_id=record.id, error=error, **row):
            await self._copy(tx, group, record, error)

    async def _copy(self, tx: Transaction, group: str, record: Record, error: str) -> None:
        """The dead-letter topic's copy, for people; published by the service's own relay."""
        headers = dict(record.headers) | {"error": error, "origin": record.topic, "group": group}
        topic = f"{record.topic}.{group}.dlq"
        payload = record.payload
        await tx.execute(
            _COPY, id=ids.new_uuid(), topic=topic, key=record.key, type=record.type, headers=headers, payload=payload
        )

    async def purge(self, _: Task) -> None:
        """The periodic task that forgets events which nobody can send again."""
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE, kept=KEPT)

    async def keys(self) -> list[Row]:
        """Parked keys: consumer_group, key, events (how many), since, error (of the first)."""
        async with self._database.reader() as tx:
            return await tx.all(_KEYS)

    async def events(self, group: str, key: str) -> list[Row]:
        """The parked events of a key, in order."""
        async with self._database.reader() as tx:
            return await tx.all(_EVENTS, group=group, key=key)

    async def replay_first(self, group: str, key: str, handler: Callable[[Record], Awaitable[None]]) -> bool:
        """Runs the first parked event of a key through its handler and frees it in the same transaction; False: none is left."""
        async with self._database.transaction() as tx:
            await tx.one(_LOCK, group=group, key=key)
            row = await tx.one(_FIRST, group=group, key=key)
            if row is None:
                return False
            record = Record(row["topic"], row["key"], row["headers"], row["payload"])
            if await tx.execute(_SEEN, group=group, event_id=record.id):
                await handler(record)
            await tx.execute(_UNPARK, group=group, key=key, position=row["position"])
        return True
