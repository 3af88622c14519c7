"""A Kafka that is away, hangs or comes back: nothing is lost, no key's order is inverted, and all is made up for soon."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.events.conftest import MIGRATIONS, a_prefix, own_stack
from tests.events.world import World, assert_once_and_in_order, inversions, some_keys, topics_made, world_on
from tests.parts import running
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
OUTAGE_S, WHOLE_OUTAGE_S = 8.0, 60.0
DRAINED_WITHIN_S = 60.0
KEYS, HANGS = 10, 2


@pytest.fixture(scope="module")
def broker() -> Iterator[Stack]:
    """A Kafka of this module's own."""
    with own_stack("events", "kafka") as stack:
        yield stack


@pytest.fixture
async def world(broker: Stack, new_database: Callable[[Path | None], str], run_prefix: str) -> AsyncIterator[World]:
    async with world_on(broker.address("kafka"), new_database(MIGRATIONS), a_prefix(run_prefix)) as made:
        await asyncio.to_thread(topics_made, made)
        yield made


async def test_an_outage_of_kafka_loses_nothing_and_is_made_up_for_within_60_s(
    world: World, broker: Stack, whole: bool, record_property: Callable[[str, object], None]
) -> None:
    keys, version = some_keys(KEYS), 1
    relay = world.relay()
    async with running(relay, world.consumer()):
        await asyncio.gather(*(world.add(key, version) for key in keys))
        await until(world.all_handled)
        await asyncio.to_thread(broker.stop, "kafka")
        back_at = time.monotonic() + (WHOLE_OUTAGE_S if whole else OUTAGE_S)
        while time.monotonic() < back_at or "Kafka" not in relay.trouble:
            version += 1
            await asyncio.gather(*(world.add(key, version) for key in keys), asyncio.sleep(0.1))
        waiting = await world.left()
        broker.start("kafka")
        began = time.monotonic()
        await until(world.all_handled, "all to be handled", within_s=DRAINED_WITHIN_S)
        record_property("events that waited", waiting)
        record_property("seconds until all were handled", round(time.monotonic() - began, 1))
        assert await world.drained()
    assert waiting >= KEYS * (version - 2)
    assert_once_and_in_order(await world.handled(), keys, version)


async def test_messages_that_time_out_in_flight_invert_no_key_and_are_sent_again(world: World, broker: Stack) -> None:
    """The broker hangs, again and again, for longer than a message may take."""
    keys, version = some_keys(KEYS), 0
    relay = world.relay(**{"message.timeout.ms": 1500})
    async with running(relay, world.consumer()):
        for _ in range(HANGS):
            pid = broker.pid("kafka")
            os.kill(pid, signal.SIGSTOP)
            try:
                while not relay.trouble:
                    version += 1
                    await asyncio.gather(*(world.add(key, version) for key in keys), asyncio.sleep(0.5))
            finally:
                os.kill(pid, signal.SIGCONT)
            version += 1
            await asyncio.gather(*(world.add(key, version) for key in keys))
            await until(world.drained, "the outbox to be drained", within_s=DRAINED_WITHIN_S)
        await until(world.all_handled, within_s=DRAINED_WITHIN_S)
        names = await world.in_topic()
    assert inversions(names) == []
    assert len(set(names)) == KEYS * version
    assert_once_and_in_order(await world.handled(), keys, version)
