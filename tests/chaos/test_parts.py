"""A service's parts as processes of their own, and two of a kind: leases and groups let one work where another died."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest

from deploy.local.bootstrap import ROOT
from deploy.local.installation import without_settings
from deploy.local.readiness import NotReadyError, require_grpc
from tests.e2e.outages import away
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Shopper
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
LISTENERS = ("PUBLIC", "INTERNAL", "METRICS")


@contextmanager
def running(shop: Shop, part: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """One part of order as a process, and the address of its health; `api` listens where order always does."""
    ports = {} if part == "api" else {f"SHOPMESH_{kind}_LISTEN": f"127.0.0.1:{free_port()}" for kind in LISTENERS}
    environment = {**without_settings(os.environ), **shop.stack.environment("order"), **ports}
    command = [sys.executable, "-m", "services.order", "serve", "--part", part]
    log = shop.stack.installation.folder("logs") / f"order-{part}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process, environment["SHOPMESH_PUBLIC_LISTEN"]
    finally:
        process.terminate()
        process.wait(20)


@asynccontextmanager
async def order_apart(shop: Shop, *parts: str) -> AsyncIterator[list[subprocess.Popen[bytes]]]:
    """Order as these processes, while inside."""
    with ExitStack() as stack:
        started = [stack.enter_context(running(shop, part)) for part in parts]
        for _, address in started:
            await eventually(lambda address=address: _ready(address), f"{address} to be ready")  # type: ignore[misc]
        yield [process for process, _ in started]


async def _ready(address: str) -> bool:
    try:
        await asyncio.to_thread(require_grpc, address)
    except NotReadyError:
        return False
    return True


async def test_where_one_of_two_is_killed_the_other_goes_on(shop: Shop) -> None:
    variant = await shop.variant(stock=4)
    parts = ("api", *("relay", "consumer", "worker") * 2)
    async with Shopper(shop) as one, Shopper(shop) as other, away(shop, "order"):
        async with order_apart(shop, *parts) as processes:
            first = await one.buy(variant)
            await one.pay(first)
            await one.until(first, "CONFIRMED")
            second = await other.buy(variant)
            for killed in processes[1:4]:
                killed.kill()
            await other.pay(second)
            await other.until(second, "CONFIRMED", within_s=60)
            await other.mail(second.confirmed)
        assert await shop.stock(variant) == Stock(received=4, free=2, reserved=0, sold=2)
