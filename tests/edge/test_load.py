"""What the edge adds to the load of a service in trouble, whom it leaves out, and how much may wait for one service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import grpc
import httpx
import pytest

from deploy.edge.contracts import Contracts
from deploy.edge.settings import Limit, RateLimits
from tests.edge.conftest import Edge, bearer
from tests.edge.replicas import CONFIG_URL, add_replica, answered, deaf, health_of, listed, replica, until_asked
from tests.edge.upstream import Call, Context, Upstream, unary
from tests.ports import free_port
from tests.slamming import slamming
from tests.waiting import eventually, until

pytestmark = pytest.mark.stack

CONFIG = "/shopmesh.payment.v1.PaymentService/GetPaymentConfig"
WATCH = "/shopmesh.order.v1.OrderService/WatchOrderEvents"
WATCH_URL = "/api/v1/orders/ord_01h2xcejqtf2nbrexx3vqjhp41:watch"
NOTICE = "/shopmesh.payment.v1.PaymentService/ReceiveStripeNotice"
NOTICE_URL = "/webhooks/stripe"
PRODUCTS_URL = "/api/v1/products"
UNLIMITED = RateLimits(default=Limit(requests=1_000_000), methods={})


def refusing(code: grpc.StatusCode) -> Callable[[Call, Context], Any]:
    async def refuse(_: Call, context: Context) -> bytes:
        await context.abort(code, "not now")
        raise AssertionError("aborted")

    return refuse


async def hang(_: Call, __: Context) -> bytes:
    await asyncio.Event().wait()
    raise AssertionError("never")


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "INTERNAL", "DEADLINE_EXCEEDED"])
async def test_the_edge_sends_a_refused_call_once(
    client: httpx.AsyncClient,
    channel: grpc.aio.Channel,
    upstream: Upstream,
    forwarded: tuple[tuple[str, str], ...],
    code: str,
) -> None:
    upstream.answers[CONFIG] = refusing(grpc.StatusCode[code])
    assert (await client.get(CONFIG_URL)).is_error
    with pytest.raises(grpc.aio.AioRpcError):
        await unary(channel, CONFIG, metadata=forwarded)
    assert [call.path for call in upstream.calls] == [CONFIG, CONFIG]


async def test_the_edge_sends_a_call_that_hangs_once(client: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.answers[CONFIG] = hang
    assert (await client.get(CONFIG_URL)).status_code == 504
    assert upstream.only_call.path == CONFIG


async def test_a_service_that_is_down_is_not_hammered_with_connections(another_edge: Callable[..., Edge]) -> None:
    with slamming(asyncio.get_running_loop()) as (port, came):
        edge = another_edge(rate_limits=UNLIMITED)
        edge = another_edge(rate_limits=UNLIMITED, clusters={**edge.settings.clusters, "payment": f"127.0.0.1:{port}"})
        await listed(edge, port)
        statuses = await answered(edge, 100)
    assert set(statuses) == {503}
    assert len(came) <= 10


async def test_a_replica_that_does_not_answer_is_left_out_and_comes_back(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    edge, port = another_edge(rate_limits=UNLIMITED), free_port()
    await listed(edge, upstream.port)
    async with deaf(port):
        add_replica(edge, port)
        await listed(edge, port, "/failed_active_hc")
        assert await answered(edge, 40) == [200] * 40
    async with replica(contracts, port) as other:
        await until_asked(edge, other)
        assert await answered(edge, 40) == [200] * 40
    async with deaf(port):
        await listed(edge, port, "/failed_active_hc")
        assert await answered(edge, 40) == [200] * 40


async def test_a_replica_that_is_healthy_and_hangs_is_left_out_and_comes_back(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    """What it says of its health does not bring it back before its time."""
    edge, port = another_edge(rate_limits=UNLIMITED), free_port()
    await listed(edge, upstream.port)
    async with replica(contracts, port) as other:
        other.answers[CONFIG] = hang
        add_replica(edge, port)
        await listed(edge, port, "healthy")
        assert set(await answered(edge, 12)) == {200, 504}
        await listed(edge, port, "/failed_outlier_check")
        checked = other.checked
        await until(lambda: other.checked >= checked + 2, "it to be asked for its health twice")
        assert "/failed_outlier_check" in (await health_of(edge, port) or "")
        assert await answered(edge, 40) == [200] * 40
        other.forget()
        await until_asked(edge, other)


async def test_replicas_that_say_they_are_not_ready_get_no_new_call(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    """As in a shutdown, and where most are: their connections live, and what they have already they end."""
    edge, ports = another_edge(rate_limits=UNLIMITED), (free_port(), free_port())
    released = asyncio.Event()

    async def wait(_: Call, __: Context) -> bytes:
        await released.wait()
        return b""

    await listed(edge, upstream.port)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=edge.url, timeout=30))
        others = [await stack.enter_async_context(replica(contracts, port)) for port in ports]
        for port, other in zip(ports, others, strict=True):
            add_replica(edge, port)
            await listed(edge, port, "healthy")
            other.answers[NOTICE] = wait
        began = [asyncio.create_task(client.post(NOTICE_URL, content=b"{}")) for _ in range(6)]
        await until(lambda: all(other.calls for other in others), "calls to wait")
        for other in others:
            other.ready, other.checked = False, 0
        await listed(edge, ports[0], "/failed_active_hc")
        assert others[0].checked < 3, "silence counts at the third time, this answer at the first"
        await listed(edge, ports[1], "/failed_active_hc")
        for other in others:
            other.calls.clear()
        assert await answered(edge, 40) == [200] * 40
        assert not any(other.calls for other in others)
        released.set()
        assert {(await each).status_code for each in began} == {200}
        others[0].ready = True
        await until_asked(edge, others[0])


async def test_where_none_is_ready_all_are_asked(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    edge = another_edge(rate_limits=UNLIMITED)
    await listed(edge, upstream.port, "healthy")
    upstream.ready = False
    await listed(edge, upstream.port, "/failed_active_hc")
    assert await answered(edge, 10) == [200] * 10


async def test_a_replica_that_was_ready_just_now_and_takes_no_connection_costs_no_call(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    """Before any health check can tell: what reached nobody is sent to another, at each attempt."""
    edge, port = another_edge(rate_limits=UNLIMITED), free_port()
    await listed(edge, upstream.port)
    async with replica(contracts, port) as other:
        add_replica(edge, port)
        await listed(edge, port, "healthy")
        await until_asked(edge, other)
    statuses = [status for _ in range(10) for status in await answered(edge, 20)]
    assert statuses == [200] * 200


async def test_what_a_replica_answers_does_not_leave_it_out(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    """A dependency that is away makes all of them answer so, and leaving them out would help nobody."""
    edge, port = another_edge(rate_limits=UNLIMITED), free_port()
    await listed(edge, upstream.port)
    async with replica(contracts, port) as other:
        other.answers[CONFIG] = refusing(grpc.StatusCode.UNAVAILABLE)
        add_replica(edge, port)
        await listed(edge, port, "healthy")
        for _ in range(10):
            assert set(await answered(edge, 4)) == {200, 503}
        assert await health_of(edge, port) == "healthy"


async def test_the_only_replica_is_asked_whatever_it_did(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    edge = another_edge(rate_limits=UNLIMITED)
    await listed(edge, upstream.port)
    upstream.answers[CONFIG] = hang
    assert set(await answered(edge, 10)) == {504}
    upstream.forget()
    assert await answered(edge, 10) == [200] * 10


@pytest.fixture
def held(upstream: Upstream) -> Iterator[asyncio.Event]:
    """Payment holds its answers until the event is set; a watched order says nothing."""
    released = asyncio.Event()

    async def wait(_: Call, __: Context) -> bytes:
        await released.wait()
        return b""

    async def silent(_: Call, __: Context) -> AsyncIterator[bytes]:
        await released.wait()
        yield b""

    upstream.answers[CONFIG] = wait
    upstream.streams[WATCH] = silent
    yield released
    released.set()


async def test_so_many_calls_wait_for_a_service_and_more_are_refused_at_once(
    another_edge: Callable[..., Edge], upstream: Upstream, held: asyncio.Event
) -> None:
    edge = another_edge(rate_limits=UNLIMITED, calls_at_once=5)
    await listed(edge, upstream.port)
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        waiting = [asyncio.create_task(client.get(CONFIG_URL)) for _ in range(5)]
        await until(lambda: len(upstream.calls) == 5, "five calls to wait")
        refused = await client.get(CONFIG_URL)
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, 14, "1")
        assert (await client.get(PRODUCTS_URL)).status_code == 200  # another service is no worse for it
        held.set()
        assert {(await each).status_code for each in waiting} == {200}
        assert (await client.get(CONFIG_URL)).status_code == 200
    assert sum(call.path == CONFIG for call in upstream.calls) == 6


async def test_those_who_watch_take_no_calls_place(
    another_edge: Callable[..., Edge], upstream: Upstream, held: asyncio.Event
) -> None:
    edge = another_edge(rate_limits=UNLIMITED, calls_at_once=1, streams_at_once=3)
    await listed(edge, upstream.port)
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client, AsyncExitStack() as watching:
        for _ in range(3):
            watching.callback(asyncio.create_task(client.get(WATCH_URL)).cancel)
        await until(lambda: len(upstream.calls) == 3, "the order to be watched")
        assert (await client.get(WATCH_URL)).status_code == 503
        await eventually(partial(_orders, client), "the keys that tell tokens, and the order service to answer")
        assert not held.is_set()


async def _orders(client: httpx.AsyncClient) -> bool:
    """Whether a customer's orders are listed, by the same service that is watched."""
    return (await client.get("/api/v1/me/orders", headers=bearer())).status_code == httpx.codes.OK
