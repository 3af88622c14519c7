"""What our clients send again, counted where it arrives: by method, number, deadline and budget, and through two hops."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from shopmesh.cart.v1 import cart_internal_service_pb2 as cart_internal
from shopmesh.cart.v1 import cart_internal_service_pb2_grpc as cart_internal_grpc
from shopmesh.catalog.v1 import catalog_internal_service_pb2 as catalog_internal
from shopmesh.catalog.v1 import catalog_internal_service_pb2_grpc as catalog_internal_grpc

from services.chassis import deadlines, rules
from services.chassis.channels import ATTEMPTS, RETRY_BUDGET, Channels, SwappableChannel
from services.chassis.consumer import OUTAGE_PAUSE_SECONDS, Consumer
from services.chassis.errors import ServiceError, Unavailable
from services.chassis.events import Record
from services.chassis.rules import Method
from tests.access.contracts import internal_methods, methods
from tests.chassis.conftest import tls_settings
from tests.chassis.counting import Answer, counting, fine, hang, unavailable
from tests.chassis.test_channels import a_request, internal
from tests.slamming import slamming

pytestmark = pytest.mark.slow

PRICE_LINES = "/shopmesh.catalog.v1.CatalogInternalService/PriceLines"
OWN_DEADLINE_S = 60.0
SPARE = RETRY_BUDGET["maxTokens"] / 2
"""Attempts beyond the first that a channel may spend before it must see successes again."""


TRIED = {**internal_methods(), **{name: methods()[name] for name in ("AuthService.LogIn", "AuthService.RefreshToken")}}
"""Every method that services call of each other, and two that they don't: one may not be repeated, the other may."""


@asynccontextmanager
async def calling(tls: Path, service: str, port: int) -> AsyncIterator[SwappableChannel]:
    """Order's channel to a service that is on this port."""
    async with Channels(tls_settings(tls, "order", **{f"{service}_target": f"127.0.0.1:{port}"})) as channels:
        yield channels.target(service)


def caller_of(channel: SwappableChannel, method: Method) -> Callable[[], Awaitable[str]]:
    """Calls the method as a stub does; the refusal's reason, or nothing."""
    call = channel.unary_unary(method.path, method.request.SerializeToString, method.response.FromString)

    async def one() -> str:
        try:
            await call(method.request())
        except ServiceError as error:
            return error.reason
        return ""

    return one


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Methods' own deadlines lie far behind those that the tests set, whatever the machine does meanwhile."""
    real = rules.method
    monkeypatch.setattr(rules, "method", lambda path: replace(real(path), deadline=OWN_DEADLINE_S))


async def within(seconds: float, call: Callable[[], Awaitable[str]]) -> str:
    """The call as one made for a caller who waits so long."""
    deadlines.enter(seconds)
    return await call()


@pytest.mark.parametrize("name", sorted(TRIED))
async def test_a_method_is_tried_again_if_its_contract_allows_it_and_three_times_at_most(tls: Path, name: str) -> None:
    method = TRIED[name]
    service = method.service.split(".")[1]
    async with counting(tls, service, unavailable) as server, calling(tls, service, server.port) as channel:
        call = caller_of(channel, method)
        await channel.channel_ready()
        assert await call() == f"{service.upper()}_UNAVAILABLE"
    assert server.arrived == {method.path: ATTEMPTS if method.safe_to_retry else 1}


def test_there_is_a_method_of_each_kind() -> None:
    assert not TRIED["AuthService.LogIn"].safe_to_retry
    assert TRIED["AuthService.RefreshToken"].safe_to_retry


async def test_a_service_that_hangs_gets_each_call_once_and_no_caller_waits_beyond_the_deadline(tls: Path) -> None:
    async with counting(tls, "catalog", hang) as server, calling(tls, "catalog", server.port) as channel:
        call = caller_of(channel, rules.method(PRICE_LINES))
        server.answer = fine
        assert await call() == ""
        server.answer = hang
        begun = time.monotonic()
        reasons = await asyncio.gather(*(within(0.5, call) for _ in range(30)))
        took = time.monotonic() - begun
    assert set(reasons) == {"CATALOG_UNAVAILABLE"}
    assert server.arrived[PRICE_LINES] == 1 + 30
    assert took < 2


async def test_attempts_share_the_deadline(tls: Path) -> None:
    async def late(context: Any) -> bytes:
        await asyncio.sleep(0.4)
        return await unavailable(context)

    async with counting(tls, "catalog", fine) as server, calling(tls, "catalog", server.port) as channel:
        call = caller_of(channel, rules.method(PRICE_LINES))
        assert await call() == ""
        server.answer = late
        begun = time.monotonic()
        assert await asyncio.create_task(within(0.6, call)) == "CATALOG_UNAVAILABLE"
        took = time.monotonic() - begun
    assert server.arrived[PRICE_LINES] - 1 <= 2
    assert took < 1.2


@pytest.mark.parametrize("together", [1, 20])
async def test_in_an_outage_the_budget_is_soon_spent_and_calls_are_sent_once(tls: Path, together: int) -> None:
    async with counting(tls, "catalog", unavailable) as server, calling(tls, "catalog", server.port) as channel:
        call = caller_of(channel, rules.method(PRICE_LINES))
        await channel.channel_ready()
        for _ in range(100 // together):
            await asyncio.gather(*(call() for _ in range(together)))
    assert 100 < server.arrived[PRICE_LINES] <= 100 + SPARE


async def test_the_budget_comes_back_with_success(tls: Path) -> None:
    async with counting(tls, "catalog", unavailable) as server, calling(tls, "catalog", server.port) as channel:
        call = caller_of(channel, rules.method(PRICE_LINES))
        await channel.channel_ready()
        for _ in range(20):
            await call()
        server.answer = fine
        for _ in range(100):
            assert await call() == ""
        server.answer = unavailable
        before = server.arrived[PRICE_LINES]
        await call()
    assert server.arrived[PRICE_LINES] - before == ATTEMPTS


async def test_a_service_that_is_down_is_not_hammered_with_connections(tls: Path) -> None:
    with slamming() as (port, came):
        async with calling(tls, "catalog", port) as channel:
            call = caller_of(channel, rules.method(PRICE_LINES))
            begun = time.monotonic()
            reasons = [reason for _ in range(10) for reason in await asyncio.gather(*(call() for _ in range(20)))]
            took = time.monotonic() - begun
    assert set(reasons) == {"CATALOG_UNAVAILABLE"}
    assert len(came) <= 3 + took / 0.1


class Away:
    """The store of a consumer's effects in an outage: says when it was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def apply(self, group: str, record: Record, handler: Callable[[], Awaitable[None]]) -> None:
        self.asked.append(time.monotonic())
        raise Unavailable("away")

    async def park(self, group: str, record: Record, error: str) -> bool:
        raise AssertionError("an outage parks nothing")


async def test_a_consumer_waits_between_its_tries_in_an_outage() -> None:
    settings: Any = SimpleNamespace(prefix="", kafka_client={})
    store = Away()
    consumer = Consumer(settings, "cart.orders", ["order-events"], {}, store)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.5 * OUTAGE_PAUSE_SECONDS):
            await consumer._handle(Record("order-events", "ord_1", {}, b""))
    pauses = [after - before for before, after in itertools.pairwise(store.asked)]
    assert pauses
    assert min(pauses) >= 0.95 * OUTAGE_PAUSE_SECONDS


class Middle(cart_internal_grpc.CartInternalServiceServicer):
    """A service that asks another one before it answers, and waits for it less long than its own callers for it."""

    def __init__(self, catalog: SwappableChannel) -> None:
        self._catalog = catalog_internal_grpc.CatalogInternalServiceStub(catalog)
        self.arrived = 0
        self.patience = OWN_DEADLINE_S

    async def GetCartLines(self, request: Any, context: Any) -> cart_internal.GetCartLinesResponse:
        self.arrived += 1
        deadlines.enter(self.patience)
        await self._catalog.PriceLines(catalog_internal.PriceLinesRequest())
        return cart_internal.GetCartLinesResponse()


@pytest.mark.parametrize("trouble", [unavailable, hang])
async def test_load_does_not_multiply_through_two_hops(tls: Path, trouble: Answer) -> None:
    async with (
        counting(tls, "catalog", fine) as leaf,
        Channels(tls_settings(tls, "cart", catalog_target=f"127.0.0.1:{leaf.port}")) as channels,
    ):
        middle = Middle(channels.target("catalog"))
        async with internal(tls, middle) as port, calling(tls, "cart", port) as channel:
            cart = cart_internal_grpc.CartInternalServiceStub(channel)
            await cart.GetCartLines(a_request())
            leaf.answer, middle.patience = trouble, 0.3
            for _ in range(5):
                answers = await asyncio.gather(
                    *(cart.GetCartLines(a_request()) for _ in range(10)), return_exceptions=True
                )
                assert all(isinstance(answer, ServiceError) for answer in answers)
    assert middle.arrived == 1 + 50
    assert leaf.arrived[PRICE_LINES] <= 1 + 50 + (SPARE if trouble is unavailable else 0)
