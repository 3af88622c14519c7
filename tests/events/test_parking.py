"""Poison: what it parks, how it is freed while events go on coming, and that a replay changes nothing twice."""

import asyncio

import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import TopicPartition
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids
from services.chassis.database import Database, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from tests.chassis.conftest import TOPIC
from tests.events.world import GROUP, PARTITIONS, World, assert_once_and_in_order, some_keys
from tests.parts import running
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
KEYS, LAST = 10, 20
_WAITERS = query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1")


class Poison:
    """A handler that cannot handle the second event of some keys until it is mended."""

    def __init__(self, world: World, keys: list[str]) -> None:
        self._world = world
        self._names = {f"{key} 2" for key in keys}

    def mend(self) -> None:
        self._names = set()

    async def __call__(self, event: Event[UserRegistered]) -> None:
        await self._world.handle(event)
        if event.data.display_name in self._names:
            raise ValueError("poison")


async def test_poison_parks_its_key_and_no_other_however_they_share_partitions(world: World) -> None:
    keys = some_keys(KEYS)
    bad, good = keys[:2], keys[2:]
    for version in range(1, LAST + 1):
        for key in keys:
            await world.add(key, version)
    async with running(world.relay(), world.consumer(Poison(world, bad))):
        await until(lambda: _parked(world.database, dict.fromkeys(bad, LAST - 1)), "all behind the poison to be parked")
        await until(lambda: world.as_many_handled(len(good) * LAST + len(bad)))
    handled = await world.handled()
    assert_once_and_in_order(handled, good, LAST)
    assert [handled[key] for key in bad] == [[1], [1]]


async def test_a_key_is_freed_while_its_events_go_on_coming(world: World) -> None:
    (key,) = some_keys(1)
    poison, effects = Poison(world, [key]), PostgresEffects(world.database)
    consumer = world.consumer(poison)
    await world.add(key, 1, 2, 3)
    async with running(world.relay(), consumer):
        await until(lambda: _parked(world.database, {key: 2}))
        poison.mend()
        for version in range(4, LAST + 1):
            await world.add(key, version)
            await effects.replay_first(GROUP, key, consumer.dispatch)

        async def freed() -> bool:
            while await effects.replay_first(GROUP, key, consumer.dispatch):
                pass
            return await world.all_handled()

        await until(freed, "everything to be handled")
    assert_once_and_in_order(await world.handled(), [key], LAST)
    assert await _parked(world.database, {})


async def test_all_events_read_again_from_the_beginning_change_nothing_however_often(world: World) -> None:
    keys = some_keys(KEYS)
    for key in keys:
        await world.add(key, *range(1, LAST + 1))
    async with running(world.relay(), world.consumer()):
        await until(world.all_handled)
    before = await world.handled()
    for _ in range(2):
        await asyncio.to_thread(_rewind, world)
        async with running(world.consumer()):
            await until(lambda: asyncio.to_thread(_at_end, world), "the consumer to have read all again")
        assert await world.handled() == before
    assert_once_and_in_order(before, keys, LAST)


async def _parked(database: Database, wanted: dict[str, int]) -> bool:
    rows = await PostgresEffects(database).keys()
    return {row["key"]: row["events"] for row in rows} == wanted


def _rewind(world: World) -> None:
    """The group begins anew; nobody of it may run."""
    member = _member(world)
    places = [TopicPartition(world.prefix + TOPIC, number, 0) for number in range(PARTITIONS)]
    member.commit(offsets=places, asynchronous=False)
    member.close()


def _at_end(world: World) -> bool:
    """Whether the group has committed all that there is."""
    member = _member(world)
    places = [TopicPartition(world.prefix + TOPIC, number) for number in range(PARTITIONS)]
    try:
        committed = member.committed(places, timeout=10)
        # Behind the last event lies the marker of its transaction, which nobody reads or commits.
        return all(max(place.offset, 0) >= member.get_watermark_offsets(place)[1] - 1 for place in committed)
    finally:
        member.close()


def _member(world: World) -> KafkaConsumer:
    return KafkaConsumer({"bootstrap.servers": world.kafka, "group.id": world.prefix + GROUP})


async def test_consumer_and_replayer_take_turns_at_a_key_so_that_none_is_parked_behind_the_last(world: World) -> None:
    """Without the lock the consumer would park behind an event that is being freed, and nobody would replay it."""
    store, key = PostgresEffects(world.database), some_keys(1)[0]
    come, go_on, order = asyncio.Event(), asyncio.Event(), list[str]()

    async def replayed(_: Record) -> None:
        come.set()
        await go_on.wait()
        order.append("parked")

    async def consumed() -> None:
        order.append("new")

    await store.park(GROUP, _record(key), "poison")
    replayer = asyncio.create_task(store.replay_first(GROUP, key, replayed))
    await come.wait()
    consumer = asyncio.create_task(store.apply(GROUP, _record(key), consumed))
    await until(lambda: _waits_for_a_lock(world.database), "the consumer to wait")
    go_on.set()
    await asyncio.gather(replayer, consumer)
    assert order == ["parked", "new"]
    assert await _parked(world.database, {})


async def _waits_for_a_lock(database: Database) -> bool:
    async with database.reader() as tx:
        return await tx.one(_WAITERS) is not None


def _record(key: str) -> Record:
    return Record(TOPIC, key, {"ce_id": str(ids.new_uuid()), "ce_type": "x"}, b"")
