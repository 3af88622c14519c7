"""A part that waits for work can always be stopped."""

import asyncio

import pytest

from services.chassis.wakeups import wait, wake


async def test_a_stop_in_the_moment_of_a_wake_up_is_not_lost() -> None:
    async def part() -> None:
        while True:
            await wait("test", 60)

    running = asyncio.create_task(part())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wake("test")
    await asyncio.sleep(0)  # the wake-up has arrived inside, and the part has not gone on yet
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done, "the part goes on although it was stopped"
    assert running.cancelled()


async def test_a_wait_ends_by_a_wake_up_or_by_its_time() -> None:
    wake("test")
    async with asyncio.timeout(5):
        await wait("test", 60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await wait("test", 60)
    await wait("test", 0.01)
