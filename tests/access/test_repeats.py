"""A repeat with the same request id, also at the same moment, has one effect and gets the same answer.

Every method that the contracts declare REQUEST_ID is tried: a new one fails here until repeats.py has a line for it.
"""

import asyncio
from contextlib import AsyncExitStack

import grpc
import pytest
from google.protobuf.message import Message
from shopmesh.options.v1 import options_pb2 as options

from services.chassis.rules import Method
from tests.access.contracts import internal_methods, public_methods
from tests.access.repeats import REPEATS, Repeat
from tests.access.world import Caller, World, call
from tests.serving import reason_of

AT_ONCE = 50
REUSED = ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")
STRANGERS = {Caller.OWNER: Caller.OTHER, Caller.ANONYMOUS: Caller.OTHER, Caller.STAFF: Caller.ADMIN}
"""Who else may call the method, for each who does."""

Outcome = bytes | tuple[str, str]
"""An answer's bytes, or a refusal's code and reason."""


def declared(methods: dict[str, Method]) -> dict[str, Method]:
    return {n: m for n, m in methods.items() if m.deduplication == options.DEDUPLICATION_REQUEST_ID}


DECLARED = declared(public_methods())
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


async def outcome(channel: grpc.aio.Channel, world: World, method: Method, caller: Caller, request: Message) -> Outcome:
    try:
        answer = await call(channel, method, request, world.metadata(caller))
    except grpc.aio.AioRpcError as error:
        return reason_of(error)
    return answer.SerializeToString(deterministic=True)


async def at_once(world: World, method: Method, caller: Caller, requests: list[Message]) -> list[Outcome]:
    """What becomes of the requests, sent over as many connections behind a barrier."""
    barrier = asyncio.Barrier(len(requests))

    async def one(channel: grpc.aio.Channel, request: Message) -> Outcome:
        await channel.channel_ready()
        await barrier.wait()
        return await outcome(channel, world, method, caller, request)

    async with AsyncExitStack() as connected:
        channels = [
            await connected.enter_async_context(grpc.aio.insecure_channel(world.address, options=OWN_CONNECTION))
            for _ in requests
        ]
        return await asyncio.gather(*map(one, channels, requests))


async def made(world: World, name: str) -> tuple[Method, Repeat]:
    assert name in REPEATS, f"{name} is declared REQUEST_ID: say in repeats.py how it is repeated"
    return DECLARED[name], await REPEATS[name](world)


def test_every_method_declared_request_id_is_tried_here() -> None:
    assert set(REPEATS) == set(DECLARED)
    assert not declared(internal_methods()), "services repeat by natural keys; one with request ids needs a caller here"


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(DECLARED))
async def test_fifty_at_once_have_one_effect_and_one_answer_and_so_has_a_later_one(
    world: World, edge: grpc.aio.Channel, name: str
) -> None:
    method, repeat = await made(world, name)
    answers = await at_once(world, method, repeat.caller, [repeat.request] * AT_ONCE)
    answers.append(await outcome(edge, world, method, repeat.caller, repeat.request))
    assert isinstance(answers[0], bytes), answers[0]
    assert set(answers) == {answers[0]}
    assert await repeat.effects() == 1


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(DECLARED))
async def test_the_same_request_id_with_another_body_is_refused_and_has_no_effect(
    world: World, edge: grpc.aio.Channel, name: str
) -> None:
    method, repeat = await made(world, name)
    if repeat.other is None:
        assert [field.name for field in method.request.DESCRIPTOR.fields] == ["request_id"]
        return
    first = await outcome(edge, world, method, repeat.caller, repeat.request)
    assert isinstance(first, bytes), first
    assert await outcome(edge, world, method, repeat.caller, repeat.other) == REUSED
    assert await repeat.effects() == 1


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(DECLARED))
async def test_of_two_bodies_at_once_under_one_request_id_one_is_answered(world: World, name: str) -> None:
    method, repeat = await made(world, name)
    if repeat.other is None:
        return
    outcomes = await at_once(world, method, repeat.caller, [repeat.request, repeat.other] * 10)
    asked, others = set(outcomes[::2]), set(outcomes[1::2])
    assert {REUSED} in (asked, others)
    assert {type(each) for each in asked | others} == {bytes, tuple}
    assert len(asked | others) == 2


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(DECLARED))
async def test_somebody_elses_request_id_opens_nothing_and_says_nothing(
    world: World, edge: grpc.aio.Channel, name: str
) -> None:
    method, repeat = await made(world, name)
    first = await outcome(edge, world, method, repeat.caller, repeat.request)
    theirs = await outcome(edge, world, method, STRANGERS[repeat.caller], repeat.other or repeat.request)
    assert theirs not in (first, REUSED)
    effects = 2 if isinstance(theirs, bytes) else 1
    assert await repeat.effects() == effects
    assert await outcome(edge, world, method, repeat.caller, repeat.request) == first
    assert await repeat.effects() == effects
