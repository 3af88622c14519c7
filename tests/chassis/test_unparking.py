"""Parked events of a key are replayed while new ones of it arrive: all are handled once, in their order."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from services.chassis import ids
from services.chassis.database import Database
from services.chassis.effects import PostgresEffects
from services.chassis.events import Record
from tests.chassis.conftest import TOPIC

pytestmark = pytest.mark.stack
GROUP, EVENTS, REPLAYERS = "unparking", 30, 3
LONG_ENOUGH_TO_TRY = 0.3
"""Seconds in which whoever need not wait would long be done."""


@dataclass
class Key:
    """A key whose first events are parked; `handled` are the numbers of its events, as they were handled."""

    store: PostgresEffects
    chance: random.Random
    key: str = field(default_factory=lambda: ids.new("ord"))
    handled: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = [
            Record(TOPIC, self.key, {"ce_id": str(ids.new_uuid()), "ce_type": "x", "number": str(number)}, b"")
            for number in range(EVENTS)
        ]

    async def handle(self, record: Record) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.005))
        self.handled.append(int(record.headers["number"]))

    async def consume(self, events: list[Record]) -> None:
        """As the consumer of a partition: one after the other, some of them delivered again."""
        for event in events:
            for _ in range(self.chance.choice([1, 1, 2])):
                await self.store.apply(GROUP, event, lambda told=event: self.handle(told))  # type: ignore[misc]

    async def replay(self) -> None:
        """As the command: until nothing is left."""
        while await self.store.replay_first(GROUP, self.key, self.handle):
            await asyncio.sleep(self.chance.uniform(0, 0.005))


async def test_events_that_arrive_during_a_replay_are_handled_once_and_in_order(database: Database, seed: int) -> None:
    key = Key(PostgresEffects(database), random.Random(seed))
    first = key.chance.randrange(1, EVENTS // 2)
    for event in key.events[:first]:
        await key.store.park(GROUP, event, "poison")
    await asyncio.gather(key.consume(key.events[first:]), *(key.replay() for _ in range(REPLAYERS)))
    await key.replay()
    assert key.handled == list(range(EVENTS))
    assert await key.store.events(GROUP, key.key) == []


async def test_an_event_waits_while_the_replayer_is_at_the_last_parked_one(database: Database) -> None:
    key = Key(PostgresEffects(database), random.Random(0))
    going, release = asyncio.Event(), asyncio.Event()

    async def slowly(record: Record) -> None:
        going.set()
        await release.wait()
        await key.handle(record)

    await key.store.park(GROUP, key.events[0], "poison")
    replayer = asyncio.create_task(key.store.replay_first(GROUP, key.key, slowly))
    await going.wait()
    newcomer = asyncio.create_task(key.consume(key.events[1:2]))
    done, _ = await asyncio.wait([newcomer], timeout=LONG_ENOUGH_TO_TRY)
    assert not done
    release.set()
    await asyncio.gather(replayer, newcomer)
    assert key.handled == [0, 1]
