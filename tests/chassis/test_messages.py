"""From the outbox through a real Kafka to handlers: nothing lost, nothing handled twice, a poison event parks its key only."""

from typing import Any

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids
from services.chassis.consumer import ATTEMPTS
from services.chassis.database import Database, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from services.chassis.relay import Relay
from tests.chassis.conftest import TOPIC, Effects
from tests.chassis.messaging import consumer, has, publish, published, recorder
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
REPUBLISH = query("update outbox set publish_time = null where topic = %(topic)s")


async def test_events_of_a_key_arrive_once_and_in_order(kafka_settings: Any, database: Database) -> None:
    seen: list[tuple[str, str]] = []

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject in keys:
            seen.append((event.subject, event.sequence))

    keys = [ids.new("usr") for _ in range(5)]
    for version in range(1, 11):
        for key in keys:
            await publish(database, key, version, "n")
    async with running(Relay(kafka_settings, database, "t-order"), consumer(kafka_settings, database, "order", handle)):
        await until(lambda: len(seen) >= 50)
    for key in keys:
        sequences = [sequence for subject, sequence in seen if subject == key]
        assert sequences == sorted(sequences)
        assert len(sequences) == 10


async def test_events_published_twice_are_handled_once(
    kafka_settings: Any, database: Database, effects: Effects
) -> None:
    key = ids.new("usr")
    handled = f"twice:{key}:a"
    async with running(
        Relay(kafka_settings, database, "t-twice"),
        consumer(kafka_settings, database, "twice", recorder(effects, "twice")),
    ):
        await publish(database, key, 1, "a")
        await until(lambda: has(effects, handled))
        async with database.transaction() as tx:
            await tx.execute(REPUBLISH, topic=TOPIC)
        await until(lambda: published(database, key))
        await publish(database, key, 2, "b")
        await until(lambda: has(effects, f"twice:{key}:b"))
    assert await effects.count(handled) == 1


async def test_a_poison_event_parks_its_key_and_nothing_else_until_it_is_replayed(
    kafka_settings: Any, database: Database, effects: Effects
) -> None:
    bad, good, mended = ids.new("usr"), ids.new("usr"), False

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == bad and event.data.display_name == "1" and not mended:
            raise ValueError("poison")
        await recorder(effects, "poison")(event)

    effects_store = PostgresEffects(database)
    part = consumer(kafka_settings, database, "poison", handle)
    async with running(Relay(kafka_settings, database, "t-poison"), part):
        for version in (1, 2, 3):
            await publish(database, bad, version, str(version))
            await publish(database, good, version, str(version))
        await until(lambda: _parked(effects_store, bad, 3))
        await until(lambda: has(effects, f"poison:{good}:3"))
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


async def test_an_outage_is_waited_for_and_parks_nothing(
    kafka_settings: Any, database: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.consumer.OUTAGE_PAUSE_SECONDS", 0.01)
    key, calls, outages = ids.new("usr"), 0, 2 * ATTEMPTS

    async def handle(event: Event[UserRegistered]) -> None:
        nonlocal calls
        if event.subject != key:
            return
        calls += 1
        if calls <= outages:
            raise ConnectionError("away")
        await recorder(effects, "outage")(event)

    async with running(
        Relay(kafka_settings, database, "t-outage"), consumer(kafka_settings, database, "outage", handle)
    ):
        await publish(database, key, 1, "a")
        await until(lambda: has(effects, f"outage:{key}:a"))
    assert calls == outages + 1
    assert await PostgresEffects(database).events("outage", key) == []


async def test_a_fault_that_is_over_at_the_third_try_parks_nothing(
    kafka_settings: Any, database: Database, effects: Effects
) -> None:
    key, calls = ids.new("usr"), 0

    async def handle(event: Event[UserRegistered]) -> None:
        nonlocal calls
        if event.subject != key:
            return
        calls += 1
        if calls < 3:
            raise ValueError("not yet")
        await recorder(effects, "passing")(event)

    async with running(
        Relay(kafka_settings, database, "t-passing"), consumer(kafka_settings, database, "passing", handle)
    ):
        await publish(database, key, 1, "a")
        await until(lambda: has(effects, f"passing:{key}:a"))
    assert await PostgresEffects(database).events("passing", key) == []
