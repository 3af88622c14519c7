"""Consumers that come, go, dawdle and are paused: each event has one effect, in the order of its key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis.events import Event
from tests.events.processes import held
from tests.events.world import World, assert_once_and_in_order, some_keys
from tests.parts import running
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
KEYS = 12


@asynccontextmanager
async def flowing(world: World, keys: list[str], versions: int) -> AsyncIterator["asyncio.Task[None]"]:
    """Events of each key, one after the other, while inside, published as they come; done when all are written."""

    async def flow() -> None:
        for version in range(1, versions + 1):
            await asyncio.gather(*(world.add(key, version) for key in keys))
            await until(world.drained)

    async with running(world.relay()):
        task = asyncio.create_task(flow())
        yield task
        await task


async def test_consumers_that_come_and_go_handle_each_event_once_and_in_order(world: World) -> None:
    keys, versions = some_keys(KEYS), 25
    async with flowing(world, keys, versions) as writing:
        while not writing.done():
            async with AsyncExitStack() as stack:
                for _ in range(3):
                    before = len((await world.handled()).get(keys[0], []))
                    await stack.enter_async_context(running(world.consumer()))

                    async def goes_on(before: int = before) -> bool:
                        return writing.done() or len((await world.handled()).get(keys[0], [])) > before

                    await until(goes_on, "events to be handled", within_s=60)
        async with running(world.consumer()):
            await until(world.all_handled, within_s=60)
    assert_once_and_in_order(await world.handled(), keys, versions)


async def test_a_handler_slower_than_the_group_waits_repeats_nothing(world: World) -> None:
    """The group gives its partitions to another consumer, who comes upon the same event."""
    keys, come, go_on = some_keys(KEYS), asyncio.Event(), asyncio.Event()

    async def dawdle(event: Event[UserRegistered]) -> None:
        if event.data.display_name == f"{keys[0]} 1":
            come.set()
            await go_on.wait()
        await world.handle(event)

    for key in keys:
        await world.add(key, 1)
    impatient: dict[str, Any] = {"max.poll.interval.ms": 6000}
    async with running(world.relay(), world.consumer(dawdle, **impatient)):
        await until(lambda: come.is_set())
        async with running(world.consumer(**impatient)):
            await asyncio.gather(*(world.add(key, 2) for key in keys))
            await until(lambda: world.as_many_handled(2 * (KEYS - 1)), "the other consumer to take over", within_s=60)
            go_on.set()
            await until(world.all_handled, within_s=60)
    assert_once_and_in_order(await world.handled(), keys, 2)


async def test_a_process_paused_inside_a_handler_holds_up_no_key_and_repeats_nothing_when_it_wakes(
    world: World, database_url: str, tmp_path: Path
) -> None:
    """It holds an open transaction and the lock of the key: the server ends the one, and so the other."""
    keys = some_keys(KEYS)
    for key in keys:
        await world.add(key, 1, 2)
    place = {"kafka": world.kafka, "database_url": database_url, "prefix": world.prefix}
    with held("consumer", tmp_path, at=f"{keys[0]} 1", **place) as paused:
        async with running(world.relay()):
            await paused.here()
            paused.pause()
            async with running(world.consumer()):
                await until(world.all_handled, "another consumer to handle all", within_s=60)
                paused.wake()
                await asyncio.gather(*(world.add(key, 3) for key in keys))
                await until(world.all_handled, within_s=60)
            await until(lambda: paused.wrote("event_waits"), "the paused consumer to see that its transaction is gone")
            assert await paused.end() == 0
    assert_once_and_in_order(await world.handled(), keys, 3)
