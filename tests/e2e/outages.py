"""Taking parts of the stack away for a while, and asking how the rest says it is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.e2e.shop import Shop
from tests.waiting import eventually, until


@asynccontextmanager
async def away(shop: Shop, part: str) -> AsyncIterator[None]:
    """The part is stopped while inside, and ready again afterwards."""
    await asyncio.to_thread(shop.stack.stop, part)
    try:
        yield
    finally:
        shop.stack.start(part)
        await asyncio.to_thread(shop.stack.wait_ready, part)


@asynccontextmanager
async def hanging(shop: Shop, part: str) -> AsyncIterator[None]:
    """The part's process takes connections but does nothing while inside."""
    pid = shop.stack.pid(part)
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: _stands(pid), f"{part} to stand still")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        await asyncio.to_thread(shop.stack.wait_ready, part)


def _stands(pid: int) -> bool:
    """Whether each of its threads has stopped, which they do not all at once (Linux; elsewhere nothing tells)."""
    states = [each.read_text().rpartition(")")[2].split()[0] for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) <= {"T", "t"}


async def is_well(shop: Shop, service: str, name: str = "") -> bool:
    """What the service's health says of one of its parts; the empty name is readiness."""
    async with grpc.aio.insecure_channel(shop.stack.address(service)) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@asynccontextmanager
async def well_throughout(shop: Shop, services: Iterable[str]) -> AsyncIterator[None]:
    """Readiness of these services is on while inside, however short the moment of which nobody asked."""
    said: dict[str, list[int]] = {service: [] for service in services}

    async def listen(service: str) -> None:
        async with grpc.aio.insecure_channel(shop.stack.address(service)) as channel:
            async for answer in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()):
                said[service].append(answer.status)

    listening = [asyncio.create_task(listen(service)) for service in said]
    try:
        await until(lambda: all(said.values()), "a first word of each service's health")
        yield
    finally:
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)
    assert said == {service: [health_pb2.HealthCheckResponse.SERVING] for service in said}, said


async def until_health(shop: Shop, service: str, name: str, well: bool) -> None:
    """Returns once health says so."""

    async def look() -> bool:
        return await is_well(shop, service, name) == well

    await eventually(look, f"{name or 'readiness'} of {service} to be {well}")
