"""A repeat with the same request id, also at the same moment, has one effect and gets the same answer."""

import asyncio

import grpc
import pytest
from google.protobuf.message import Message
from shopmesh.options.v1 import options_pb2 as options

from services.chassis.rules import Method
from tests.access.contracts import public_methods
from tests.access.repeats import REPEATS, Repeat
from tests.access.world import World, call
from tests.serving import reason_of

DECLARED = {
    name: method
    for name, method in public_methods().items()
    if method.deduplication == options.DEDUPLICATION_REQUEST_ID
}


async def at_once(world: World, method: Method, repeat: Repeat, count: int = 2) -> list[Message]:
    """The answers to the same request, sent over as many connections behind a barrier."""
    channels = [await world.channel() for _ in range(count)]
    barrier = asyncio.Barrier(count)

    async def one(channel: grpc.aio.Channel) -> Message:
        await channel.channel_ready()
        await barrier.wait()
        return await call(channel, method, repeat.request, world.metadata(repeat.caller))

    return await asyncio.gather(*(one(channel) for channel in channels))


def test_every_method_declared_request_id_is_tried_here() -> None:
    assert set(REPEATS) == set(DECLARED)


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(REPEATS))
async def test_two_at_once_have_one_effect_and_one_answer_and_so_has_a_later_one(world: World, name: str) -> None:
    method, repeat = DECLARED[name], await REPEATS[name](world)
    first, second = await at_once(world, method, repeat)
    (third,) = await at_once(world, method, repeat, count=1)
    assert first == second == third
    assert await repeat.effects() == 1


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(REPEATS))
async def test_the_same_request_id_with_another_body_is_refused_and_has_no_effect(world: World, name: str) -> None:
    method, repeat = DECLARED[name], await REPEATS[name](world)
    if repeat.other is None:
        assert [field.name for field in method.request.DESCRIPTOR.fields] == ["request_id"]
        return
    await at_once(world, method, repeat, count=1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(await world.channel(), method, repeat.other, world.metadata(repeat.caller))
    assert reason_of(refused.value) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")
    assert await repeat.effects() == 1
