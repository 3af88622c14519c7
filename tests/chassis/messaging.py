"""Parts that run for the length of a test, and events to feed them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import brokers
from services.chassis.consumer import Consumer
from services.chassis.database import Database, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event
from services.chassis.outbox import Outbox
from tests.chassis.conftest import TOPIC, Effects

Handle = Callable[[Event[UserRegistered]], Awaitable[None]]
_UNPUBLISHED = query("select count(*) as n from outbox where publish_time is null and key = any(%(keys)s)")


async def publish(database: Database, key: str, version: int, name: str, topic: str = TOPIC) -> UUID:
    """Puts an event into the outbox."""
    async with database.transaction() as tx:
        event = UserRegistered(user_id=key, display_name=name)
        return await Outbox("chassis").add(tx, event, topic=topic, key=key, version=version)


async def published(database: Database, *keys: str) -> bool:
    """Whether nothing of these keys waits in the outbox."""
    async with database.reader() as tx:
        row = await tx.one(_UNPUBLISHED, keys=list(keys))
    return row is not None and row["n"] == 0


def consumer(settings: Any, database: Database, group: str, handle: Handle) -> Consumer:
    """A consumer of the tests' topic."""
    return Consumer(settings, group, [TOPIC], {UserRegistered: handle}, PostgresEffects(database))


def recorder(effects: Effects, group: str) -> Handle:
    """A handler that counts an event as `group:key:name`."""

    async def handle(event: Event[UserRegistered]) -> None:
        await effects.add(f"{group}:{event.subject}:{event.data.display_name}")

    return handle


async def has(effects: Effects, name: str) -> bool:
    return await effects.count(name) > 0


def first_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The first client that asks its broker hears nothing, and is given up after a second; who asked, in turn."""
    clients, topics = list[Any](), brokers.topics

    def asks(client: Any) -> frozenset[str] | None:
        if client not in clients:
            clients.append(client)
        return None if client is clients[0] else topics(client)

    monkeypatch.setattr(brokers, "topics", asks)
    monkeypatch.setattr(brokers, "CHECK_SECONDS", 0)
    monkeypatch.setattr(brokers, "UNANSWERED_SECONDS", 1.0)
    return clients
