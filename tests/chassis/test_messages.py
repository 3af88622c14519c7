"""From the outbox through a real Kafka to handlers: nothing lost, nothing handled twice, a poison event parks its key only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids
from services.chassis.consumer import Consumer
from services.chassis.database import Database, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from services.chassis.migrations import migrate_topics
from services.chassis.outbox import Outbox
from services.chassis.relay import Relay
from tests.chassis.conftest import Effects

pytestmark = pytest.mark.stack
TOPIC = "chassis-events"
REPUBLISH = query("update outbox set publish_time = null where topic = %(topic)s")
UNPUBLISHED = query("select count(*) as n from outbox where publish_time is null")
EXPIRE_LEASE = query("update leases set expire_time = now() - interval '1 second'")


@pytest.fixture(scope="session")
def settings(kafka: str, run_prefix: str) -> Any:
    client = {"bootstrap.servers": kafka}
    topics = {TOPIC: {"partitions": 4, "retention_days": 1}}
    dead = {f"{TOPIC}.{g}.dlq": {"partitions": 1, "retention_days": 1} for g in ("poison", "outage", "failing")}
    migrate_topics(client, run_prefix, 1, topics | dead)
    return SimpleNamespace(prefix=run_prefix, kafka_client=client)


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def publish(database: Database, key: str, version: int, name: str) -> UUID:
    async with database.transaction() as tx:
        event = UserRegistered(user_id=key, display_name=name)
        return await Outbox("chassis").add(tx, event, topic=TOPIC, key=key, version=version)


def consumer(
    settings: Any, database: Database, group: str, handle: Callable[[Event[UserRegistered]], Awaitable[None]]
) -> Consumer:
    return Consumer(settings, group, [TOPIC], {UserRegistered: handle}, PostgresEffects(database))


def recorder(effects: Effects, group: str) -> Callable[[Event[UserRegistered]], Awaitable[None]]:
    async def handle(event: Event[UserRegistered]) -> None:
        await effects.add(f"{group}:{event.subject}:{event.data.display_name}")

    return handle


async def published(database: Database) -> bool:
    async with database.reader() as tx:
        row = await tx.one(UNPUBLISHED)
    return row is not None and row["n"] == 0


async def test_events_of_a_key_arrive_once_and_in_order(settings: Any, database: Database) -> None:
    seen: list[tuple[str, str]] = []

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject in keys:
            seen.append((event.subject, event.sequence))

    keys = [ids.new("usr") for _ in range(5)]
    for version in range(1, 11):
        for key in keys:
            await publish(database, key, version, "n")
    async with running(Relay(settings, database, "t-order"), consumer(settings, database, "order", handle)):
        await until(lambda: _true(len(seen) >= 50))
    for key in keys:
        sequences = [sequence for subject, sequence in seen if subject == key]
        assert sequences == sorted(sequences)
        assert len(sequences) == 10


async def _true(value: bool) -> bool:
    return value


async def test_events_published_twice_are_handled_once(settings: Any, database: Database, effects: Effects) -> None:
    key = ids.new("usr")
    handled = f"twice:{key}:a"
    async with running(
        Relay(settings, database, "t-twice"), consumer(settings, database, "twice", recorder(effects, "twice"))
    ):
        await publish(database, key, 1, "a")
        await until(lambda: _has(effects, handled))
        async with database.transaction() as tx:
            await tx.execute(REPUBLISH, topic=TOPIC)
        await until(lambda: published(database))
        await publish(database, key, 2, "b")
        await until(lambda: _has(effects, f"twice:{key}:b"))
    assert await effects.count(handled) == 1


async def _has(effects: Effects, name: str) -> bool:
    return await effects.count(name) > 0


async def test_a_poison_event_parks_its_key_and_nothing_else_until_it_is_replayed(
    settings: Any, database: Database, effects: Effects
) -> None:
    bad, good, mended = ids.new("usr"), ids.new("usr"), False

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == bad and event.data.display_name == "1" and not mended:
            raise ValueError("poison")
        await recorder(effects, "poison")(event)

    effects_store = PostgresEffects(database)
    part = consumer(settings, database, "poison", handle)
    async with running(Relay(settings, database, "t-poison"), part):
        for version in (1, 2, 3):
            await publish(database, bad, version, str(version))
            await publish(database, good, version, str(version))
        await until(lambda: _parked(effects_store, bad, 3))
        await until(lambda: _has(effects, f"poison:{good}:3"))
    assert await effects.count(f"poison:{bad}:2") == 0
    mended = True
    replayed = 0
    while await effects_store.replay_first("poison", bad, part.dispatch):
        replayed += 1
    assert replayed == 3
    assert [await effects.count(f"poison:{bad}:{n}") for n in (1, 2, 3)] == [1, 1, 1]
    assert await effects_store.events("poison", bad) == []
    assert await effects_store.replay_first("poison", bad, part.dispatch) is False


async def _parked(store: PostgresEffects, key: str, count: int) -> bool:
    return len(await store.events("poison", key)) == count


async def test_a_replay_that_fails_leaves_the_event_parked(database: Database, effects: Effects) -> None:
    store, key = PostgresEffects(database), ids.new("usr")
    headers = {"ce_id": str(ids.new_uuid()), "ce_type": "x"}
    await store.park("failing", Record(TOPIC, key, headers, b""), "poison")

    async def fail(_: Record) -> None:
        await effects.add(f"failing:{key}")
        raise ValueError("still poison")

    with pytest.raises(ValueError, match="still poison"):
        await store.replay_first("failing", key, fail)
    assert len(await store.events("failing", key)) == 1
    assert await effects.count(f"failing:{key}") == 0


async def test_an_outage_is_waited_for_and_parks_nothing(settings: Any, database: Database, effects: Effects) -> None:
    key, calls = ids.new("usr"), 0

    async def handle(event: Event[UserRegistered]) -> None:
        nonlocal calls
        if event.subject != key:
            return
        calls += 1
        if calls < 3:
            raise ConnectionError("away")
        await recorder(effects, "outage")(event)

    async with running(Relay(settings, database, "t-outage"), consumer(settings, database, "outage", handle)):
        await publish(database, key, 1, "a")
        await until(lambda: _has(effects, f"outage:{key}:a"))
    assert calls == 3
    assert await PostgresEffects(database).events("outage", key) == []


async def test_a_relay_that_lost_its_lease_is_followed_by_another(settings: Any, database: Database) -> None:
    first, second = Relay(settings, database, "t-lease"), Relay(settings, database, "t-lease")
    async with running(first):
        await until(lambda: _true(first.healthy))
        async with running(second):
            async with database.transaction() as tx:
                await tx.execute(EXPIRE_LEASE)
            await until(lambda: _true(second.healthy or not first.healthy))
            await publish(database, ids.new("usr"), 1, "after the change")
            await until(lambda: published(database))
