"""A process from its start to its end."""

import asyncio
import importlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from deploy.local.installation import SERVICES
from deploy.local.stack import Stack
from services.chassis.health import LIVE, Monitor
from services.chassis.service import PARTS, Service, serve
from services.chassis.settings import ChassisSettings
from tests.ports import free_port
from tests.waiting import until


class Part:
    """Runs until it is told to fail."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.fail = asyncio.Event()
        self.stopped = False

    async def run(self) -> None:
        self.began.set()
        try:
            await self.fail.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        raise RuntimeError("broken")


class Store:
    """The truth store of a service, at first away."""

    def __init__(self) -> None:
        self.looked = 0
        self.there = False

    async def check(self) -> None:
        self.looked += 1
        if not self.there:
            raise ConnectionError("away")


async def no_keys() -> str:
    return '{"keys": []}'


@asynccontextmanager
async def serving(part: Part, store: Store) -> AsyncIterator["asyncio.Task[bool]"]:
    service = Service(public=[], fetch_keys=no_keys, ready={"store": store.check}, background=[part])
    running = asyncio.create_task(serve(service, ChassisSettings(), ["consumer"]))
    try:
        yield running
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)


@pytest.mark.slow
async def test_parts_begin_when_the_store_is_there_and_end_with_the_signal() -> None:
    part, store = Part(), Store()
    async with serving(part, store) as running:
        await until(lambda: store.looked > 1)
        assert not part.began.is_set()
        store.there = True
        await asyncio.wait_for(part.began.wait(), 10)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(running, 10) is True
    assert part.stopped


class DeafPart(Part):
    """As one whose pool of connections answers in the very moment of the cancellation."""

    async def run(self) -> None:
        with suppress(asyncio.CancelledError):
            await super().run()
        self.stopped = False
        await super().run()


@pytest.mark.slow
async def test_a_part_that_lost_its_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.service.CANCEL_AGAIN_SECONDS", 0.05)
    part, store = DeafPart(), Store()
    store.there = True
    async with serving(part, store) as running:
        await asyncio.wait_for(part.began.wait(), 10)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(running, 10) is True
    assert part.stopped


async def test_a_part_that_breaks_ends_the_process_which_says_so() -> None:
    part, store = Part(), Store()
    store.there = True
    async with serving(part, store) as running:
        await asyncio.wait_for(part.began.wait(), 10)
        part.fail.set()
        assert await asyncio.wait_for(running, 10) is False


async def test_a_process_is_not_ready_before_it_has_looked() -> None:
    store = Store()
    servicer = health.aio.HealthServicer()
    monitor = Monitor(servicer, {"store": store.check}, {})
    await monitor.begin()
    assert await readiness(servicer) == health_pb2.HealthCheckResponse.NOT_SERVING
    store.there = True
    await monitor.look()
    assert await readiness(servicer) == health_pb2.HealthCheckResponse.SERVING
    store.there = False
    await monitor.look()
    assert await readiness(servicer) == health_pb2.HealthCheckResponse.NOT_SERVING
    await monitor.leave()
    store.there = True
    await monitor.look()
    assert await readiness(servicer) == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_a_part_that_is_not_well_says_so_by_its_name_and_turns_no_readiness_off() -> None:
    store, part = Store(), Store()
    store.there = True
    servicer = health.aio.HealthServicer()
    await Monitor(servicer, {"store": store.check}, {"relay": part.check}).look()
    assert await readiness(servicer, "relay") == health_pb2.HealthCheckResponse.NOT_SERVING
    assert await readiness(servicer) == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("name", SERVICES)
def test_readiness_asks_a_services_own_store_and_nobody_else(name: str) -> None:
    main, own = (importlib.import_module(f"services.{name}.{part}") for part in ("main", "settings"))
    with patch.dict(os.environ, Stack.for_tests().environment(name)):
        service = main.assemble(own.Settings())
    assert set(service.ready) == ({"valkey"} if name == "cart" else {"database", "schema", "topics"})


async def readiness(servicer: health.aio.HealthServicer, part: str = "") -> Any:
    context: Any = None  # known names are answered without it
    return (await servicer.Check(health_pb2.HealthCheckRequest(service=part), context)).status


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
async def test_a_process_is_alive_before_its_store_is_there_whatever_its_part(part: str) -> None:
    store, port = Store(), free_port()
    service = Service(public=[], fetch_keys=no_keys, ready={"store": store.check})
    running = asyncio.create_task(serve(service, ChassisSettings(public_listen=f"127.0.0.1:{port}"), [part]))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        asked = health_pb2_grpc.HealthStub(channel)
        for name, status in ((LIVE, "SERVING"), ("", "NOT_SERVING")):
            answer = await asked.Check(health_pb2.HealthCheckRequest(service=name), wait_for_ready=True, timeout=10)
            assert health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status) == status
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, 10) is True
