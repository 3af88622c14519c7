"""The inbox and the parked events of a key, without a broker."""

import asyncio

import pytest

from services.chassis import ids
from services.chassis.database import Database
from services.chassis.effects import PostgresEffects
from services.chassis.events import Record
from tests.chassis.conftest import TOPIC, Effects

pytestmark = pytest.mark.stack


def record(key: str) -> Record:
    return Record(TOPIC, key, {"ce_id": str(ids.new_uuid()), "ce_type": "x"}, b"")


async def apply(effects: Effects, group: str, event: Record) -> None:
    """Hands the event to a handler that counts it as `group:id`."""
    store = PostgresEffects(effects.database)
    await store.apply(group, event, lambda: effects.add(f"{group}:{event.id}"))


async def test_an_event_that_comes_twice_at_once_has_one_effect(effects: Effects) -> None:
    event = record(ids.new("usr"))
    await asyncio.gather(*(apply(effects, "at-once", event) for _ in range(5)))
    assert await effects.count(f"at-once:{event.id}") == 1


async def test_an_event_handled_before_is_not_parked_when_it_comes_again_behind_a_parked_one(
    database: Database, effects: Effects
) -> None:
    store, key = PostgresEffects(database), ids.new("usr")
    handled, poison = record(key), record(key)
    await apply(effects, "again", handled)
    await store.park("again", poison, "poison")
    await apply(effects, "again", handled)
    assert [row["event_id"] for row in await store.events("again", key)] == [poison.id]


async def test_an_event_that_somebody_else_handled_meanwhile_is_not_parked(
    database: Database, effects: Effects
) -> None:
    store, key = PostgresEffects(database), ids.new("usr")
    event = record(key)
    await apply(effects, "meanwhile", event)
    await store.park("meanwhile", event, "failed here, but not there")
    assert await store.events("meanwhile", key) == []


async def test_an_event_that_was_replayed_is_not_handled_when_it_comes_again(
    database: Database, effects: Effects
) -> None:
    store, event = PostgresEffects(database), record(ids.new("usr"))
    await store.park("again", event, "poison")
    assert await store.replay_first("again", event.key, lambda parked: effects.add(f"again:{parked.id}"))
    await apply(effects, "again", event)
    assert await effects.count(f"again:{event.id}") == 1


async def test_an_event_that_is_undone_can_come_again(effects: Effects) -> None:
    event, key = record(ids.new("usr")), "undone"

    async def fail() -> None:
        await effects.add(f"{key}:{event.id}")
        raise ValueError("fault")

    with pytest.raises(ValueError, match="fault"):
        await PostgresEffects(effects.database).apply(key, event, fail)
    await apply(effects, key, event)
    assert await effects.count(f"{key}:{event.id}") == 1
