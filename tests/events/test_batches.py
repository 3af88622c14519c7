"""What the relay takes at once."""

import pytest

from services.chassis import relay
from tests.events.world import World, inversions, some_keys
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
MOST = 10


async def test_a_key_with_more_events_than_a_batch_may_have_goes_by_parts_and_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LARGEST_BATCH", MOST)
    keys, last = some_keys(3), 4 * MOST + 1
    for key in keys:
        await world.add(key, *range(1, last + 1))
    async with running(world.relay()):
        await until(world.drained)
    names = await world.in_topic()
    assert len(names) == len(set(names)) == len(keys) * last
    assert inversions(names) == []


async def test_of_a_batch_with_an_event_that_cannot_be_sent_nothing_is_seen(world: World) -> None:
    small, large = some_keys(2)
    await world.add(small, 1)
    await world.add(large + 2000 * "x", 1)
    relay = world.relay(**{"message.max.bytes": 1000})
    async with running(relay):
        await until(lambda: "too large" in relay.trouble, "the relay to have tried")
    assert await world.in_topic() == []
