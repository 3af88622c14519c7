"""Of two relays one works; a paused one can neither hold up the other nor publish anything when it wakes."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.events.processes import held
from tests.events.world import World, some_keys
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
TAKEN_OVER_WITHIN_S = 5.0
KEYS, VERSIONS = 5, 4


async def test_a_relay_paused_between_produce_and_commit_is_followed_within_5_s_and_its_batch_is_never_seen(
    world: World, database_url: str, tmp_path: Path
) -> None:
    keys = some_keys(KEYS)
    for key in keys:
        await world.add(key, *range(1, VERSIONS + 1))
    place = {"kafka": world.kafka, "database_url": database_url, "prefix": world.prefix}
    with held("relay", tmp_path, **place) as paused:
        await paused.here()
        follower = world.relay()
        async with running(follower):
            await until(lambda: follower.trouble == "", "the other relay to stand by")
            assert not follower.publishing
            paused.pause()
            stopped = time.monotonic()
            await until(lambda: follower.publishing, "the other relay to take over")
            took = time.monotonic() - stopped
            await until(world.drained)
            paused.wake()
            await until(lambda: paused.wrote("relay_fenced"), "the paused relay to see that it is fenced")
            await world.add(keys[0], VERSIONS + 1)
            await until(world.drained)
            committed = Counter(await world.in_topic())
            produced = Counter(await world.in_topic("read_uncommitted"))
        assert await paused.end() == 0
        assert not paused.wrote("relay_failed")
    assert len(committed) == KEYS * VERSIONS + 1
    assert set(committed.values()) == {1}, "a batch was seen twice"
    assert max(produced.values()) == 2, "the paused relay had produced nothing: the test missed its point"
    assert took <= TAKEN_OVER_WITHIN_S


async def test_relays_that_take_the_lease_from_each_other_without_end_lose_nothing_and_invert_no_key(
    world: World,
) -> None:
    keys, last = some_keys(KEYS), 30
    relays = [world.relay() for _ in range(3)]
    async with running(*relays):
        for version in range(1, last + 1):
            await asyncio.gather(*(world.add(key, version) for key in keys))
            if version % 5 == 0:
                await world.expire_lease()
        await until(world.drained)
        names = await world.in_topic()
    for key in keys:
        own = list(dict.fromkeys(int(name.split()[1]) for name in names if name.startswith(key)))
        assert own == list(range(1, last + 1))
