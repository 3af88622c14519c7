"""An edge that is taken out of use cuts no request, and its metrics are all that others see of its administration."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import grpc
import httpx
import pytest
from click.testing import CliRunner, Result

from deploy.edge.__main__ import main
from deploy.edge.settings import EdgeSettings, Limit, RateLimits
from tests.edge.conftest import Edge, settings_for
from tests.edge.upstream import Call, Context, Upstream, unary
from tests.ports import free_port
from tests.waiting import eventually, until

pytestmark = pytest.mark.stack

CONFIG = "/shopmesh.payment.v1.PaymentService/GetPaymentConfig"
CONFIG_URL = "/api/v1/payment-config"
NOTICE = "/shopmesh.payment.v1.PaymentService/ReceiveStripeNotice"
NOTICE_URL = "/webhooks/stripe"
Start = Callable[..., Coroutine[Any, Any, Edge]]
UNLIMITED = RateLimits(default=Limit(requests=1_000_000), methods={})


async def leave(edge: Edge, least: float, most: float = 20) -> Result:
    options = ["--least", str(least), "--most", str(most), "--admin", edge.settings.admin]
    return await asyncio.to_thread(CliRunner().invoke, main, ["leave", *options])


@pytest.fixture
def in_use(start_edge: Callable[[EdgeSettings], Edge], upstream: Upstream) -> Start:
    """Starts an edge, and returns it once it serves."""

    async def serving(**changes: Any) -> Edge:
        edge = start_edge(settings_for(upstream.port).model_copy(update={"rate_limits": UNLIMITED, **changes}))
        await eventually(lambda: answered(edge, 200), "the edge to serve")
        return edge

    return serving


async def answered(edge: Edge, status: int) -> bool:
    """Whether its health has this status, asked on a new connection."""
    try:
        async with httpx.AsyncClient(base_url=edge.url) as client:
            return (await client.get("/healthz")).status_code == status
    except httpx.TransportError:
        return False


class Shopper:
    """Calls again and again on one kept connection; told that it closes, goes to the other edge, as a balancer would."""

    def __init__(self, leaving: Edge, staying: Edge) -> None:
        self._url, self._staying = leaving.url, staying.url
        self.moved = False
        self.statuses: list[int] = []

    async def run(self, until_set: asyncio.Event) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            while not until_set.is_set():
                answer = await client.get(f"{self._url}{CONFIG_URL}")
                self.statuses.append(answer.status_code)
                if not self.moved and answer.headers.get("connection") == "close":
                    self._url, self.moved = self._staying, True


async def slowly(_: Call, __: Context) -> bytes:
    await asyncio.sleep(0.05)
    return b""


@asynccontextmanager
async def shopping(shoppers: list[Shopper]) -> AsyncIterator[None]:
    """They call while the block runs, and a while after; what went wrong for one of them is raised."""
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for shopper in shoppers:
            group.create_task(shopper.run(enough))
        yield
        before = [len(shopper.statuses) for shopper in shoppers]
        await until(
            lambda: all(len(s.statuses) > count for s, count in zip(shoppers, before, strict=True)), "them to go on"
        )
        enough.set()


async def test_no_request_is_cut_when_an_edge_leaves_and_is_stopped(in_use: Start, upstream: Upstream) -> None:
    upstream.answers[CONFIG] = slowly
    leaving, staying = await in_use(), await in_use()
    shoppers = [Shopper(leaving, staying) for _ in range(8)]
    async with shopping(shoppers):
        await until(lambda: all(shopper.statuses for shopper in shoppers), "each to be served")
        result = await leave(leaving, least=1)
        leaving.process.terminate()
        await asyncio.to_thread(leaving.process.wait, 10)
    assert (result.exit_code, result.output) == (0, "no request left\n")
    assert all(shopper.moved for shopper in shoppers)
    assert {status for shopper in shoppers for status in shopper.statuses} == {200}


async def test_an_edge_that_leaves_says_so_and_serves_whoever_has_not_heard(in_use: Start, upstream: Upstream) -> None:
    edge = await in_use()
    leaving = asyncio.create_task(leave(edge, least=2))
    await eventually(lambda: answered(edge, 503), "the health to be off")
    async with grpc.aio.insecure_channel(edge.settings.listen) as channel, httpx.AsyncClient() as client:
        while not leaving.done():
            answer = await client.get(edge.url + CONFIG_URL)
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
            await unary(channel, CONFIG)
    assert (await leaving).output == "no request left\n"


async def test_an_edge_waits_for_the_requests_that_it_has(in_use: Start, upstream: Upstream) -> None:
    released = asyncio.Event()

    async def wait(_: Call, __: Context) -> bytes:
        await released.wait()
        return b""

    upstream.answers[NOTICE] = wait
    edge = await in_use()
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as client:
        held = asyncio.create_task(client.post(NOTICE_URL, content=b"{}"))
        await until(lambda: bool(upstream.calls), "the call to wait")
        assert (await leave(edge, least=0, most=0.6)).output == "1 requests left\n"
        leaving = asyncio.create_task(leave(edge, least=0))
        assert not (await asyncio.wait([leaving], timeout=0.6))[0]
        released.set()
        assert (await leaving).output == "no request left\n"
        assert (await held).status_code == 200


async def test_an_administration_that_is_away_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    result = CliRunner().invoke(main, ["leave", "--admin", address])
    assert result.exit_code == 1
    assert f"administration at {address} does not answer" in result.output


async def test_metrics_are_served_and_nothing_else_of_the_administration(in_use: Start) -> None:
    edge = await in_use(metrics=f"127.0.0.1:{free_port()}")
    async with httpx.AsyncClient(base_url=f"http://{edge.settings.metrics}") as client:
        text = (await client.get("/stats/prometheus")).text
        assert 'envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix="public"}' in text
        for path in ("/", "/stats", "/config_dump", "/stats/prometheus/..", "/stats/prometheus/../../quitquitquit"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/stats/prometheus")).status_code == 404
    assert await answered(edge, 200)
