"""Where cart's consumers keep events that no handler could handle: in Valkey, with a copy for people in Kafka.

Cart's handlers are idempotent by themselves, in the hash slot of what they change: a drop by the event's id, a product's
copy by its sequence. So nothing but order is left to keep here: a parked key holds its events in a list, and one lock
per key makes consumer and replayer take turns. An event leaves the list after its effect, not with it, because they lie
in two slots; a crash in between repeats an effect that knows itself.

| key | value |
|---|---|
| ``parked:{<group>:<key>}`` | list of events, the oldest first |
| ``lock:{<group>:<key>}`` | the holder's token, for a short while |
| ``parked-keys`` | set of ``<group>:<key>`` that may hold events |
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import LockError

from services.cart.adapters.valkey import text
from services.cart.ports import DeadLetterCopies
from services.chassis.effects import Apply
from services.chassis.errors import Unavailable
from services.chassis.events import Record

LOCK_SECONDS = 30.0
HOLD_SECONDS = 20.0
"""A holder gives up well before its lock runs out, so that nobody else can have taken it meanwhile."""
WAIT_SECONDS = 0.05
_KEYS = "parked-keys"


class ValkeyEffects:
    """Effects of cart's consumers; also the dead letters of the ``dlq`` commands."""

    def __init__(self, valkey: Redis, copies: DeadLetterCopies) -> None:
        self._valkey = valkey
        self._copies = copies

    async def apply(self, group: str, record: Record, handler: Apply) -> None:
        """Runs ``handler``, or parks the record where its key is parked."""
        async with self._locked(group, record.key):
            if await self._valkey.exists(_list(group, record.key)):
                await self._append(group, record, "behind a parked event")
            else:
                await handler()

    async def park(self, group: str, record: Record, error: str) -> bool:
        """Parks the record and so its key, with a copy for people."""
        async with self._locked(group, record.key):
            await self._append(group, record, error)
        return True

    async def keys(self) -> list[dict[str, Any]]:
        """Parked keys: consumer_group, key, events (how many), since, error (of the first)."""
        found = []
        for name in sorted(text(member) for member in await self._valkey.smembers(_KEYS)):
            group, _, key = name.partition(":")
            events = await self.events(group, key)
            if events:
                first = {"since": events[0]["create_time"], "error": events[0]["error"]}
                found.append({"consumer_group": group, "key": key, "events": len(events), **first})
        return found

    async def events(self, group: str, key: str) -> list[dict[str, Any]]:
        """The parked events of a key, in order: position, event_id, topic, headers, error, create_time."""
        rows = await self._valkey.lrange(_list(group, key), 0, -1)
        return [{"position": position, **json.loads(row)} for position, row in enumerate(rows, 1)]

    async def replay_first(self, group: str, key: str, handler: Callable[[Record], Awaitable[None]]) -> bool:
        """Runs the first parked event of a key, then frees it; False: none is left."""
        async with self._locked(group, key):
            row = await self._valkey.lindex(_list(group, key), 0)
            if row is None:
                await self._valkey.srem(_KEYS, f"{group}:{key}")
                return False
            await handler(_record(key, text(row)))
            # By its content: a client that hears no answer asks again, and must not take the next one away as well.
            await self._valkey.lrem(_list(group, key), 0, text(row))
        return True

    async def _append(self, group: str, record: Record, error: str) -> None:
        """Add to the key's list, once; the copy is sent again where it is not known to have arrived."""
        known = {row["event_id"] for row in await self.events(group, record.key)}
        if str(record.id) not in known:
            await self._valkey.sadd(_KEYS, f"{group}:{record.key}")
            await self._valkey.rpush(_list(group, record.key), _row(record, error))
        await self._copies.send(group, record, error)

    @asynccontextmanager
    async def _locked(self, group: str, key: str) -> AsyncIterator[None]:
        """The key's lock; Unavailable where it cannot be had, or the work under it takes too long."""
        lock = self._valkey.lock(
            f"lock:{{{group}:{key}}}", timeout=LOCK_SECONDS, sleep=WAIT_SECONDS, blocking_timeout=HOLD_SECONDS
        )
        try:
            async with lock, asyncio.timeout(HOLD_SECONDS):
                yield
        except (LockError, TimeoutError) as error:
            raise Unavailable(f"{key} is being handled elsewhere, or its handler hangs") from error


def _list(group: str, key: str) -> str:
    return f"parked:{{{group}:{key}}}"


def _row(record: Record, error: str) -> str:
    row = {
        "event_id": str(record.id),
        "topic": record.topic,
        "headers": dict(record.headers),
        "payload": base64.b64encode(record.payload).decode(),
        "error": error,
        "create_time": datetime.now(UTC).isoformat(),
    }
    return json.dumps(row, separators=(",", ":"))


def _record(key: str, row: str) -> Record:
    stored = json.loads(row)
    return Record(stored["topic"], key, stored["headers"], base64.b64decode(stored["payload"]))
