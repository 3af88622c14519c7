"""What one core of each part carries: the processor time that it takes for one of each kind of request.

Processor time is what a machine of two cores can measure for every part at once, whatever else they are busy with: a
part that takes 2 ms of it for a request answers at most 500 a second with one core. What a part takes at rest is
subtracted. Purchases include all that happens afterwards: events, stock, invoice and e-mails.
"""

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import click
import psutil

from deploy.local import addresses
from deploy.local.accounts import accounts
from deploy.local.installation import SERVICES
from deploy.local.stack import Stack
from tests.cluster.load.client import Client
from tests.cluster.load.people import Buyer, Goods
from tests.cluster.load.report import Report

PARTS = ("edge", *SERVICES, "postgres", "kafka", "mongo", "valkey")
REST_S = 5.0
PURCHASE = "a purchase"
WORTH_NAMING_MS = 0.1
NOT_SAMPLED = {"traceparent": f"00-{'1' * 32}-{'1' * 16}-00"}
"""The test stack samples every trace that does not say otherwise itself."""
Act = Callable[[], Awaitable[object]]
Times = dict[str, float]


def measure(count: int, rounds: int, at_once: int) -> dict[str, dict[str, Any]]:
    """Milliseconds of processor time for one request, by kind and part: medians over interleaved rounds."""
    stack = Stack.for_tests()  # its edge limits no rates
    stack.up()
    try:
        samples = asyncio.run(_rounds(stack, count, rounds, at_once))
    finally:
        stack.down()
    medians = {
        kind: {part: statistics.median(s[part] for s in rows) for part in PARTS} for kind, rows in samples.items()
    }
    base = medians["a product"]["catalog"]
    return {kind: _row(row, base) for kind, row in medians.items()}


def _row(times: Times, base: float) -> dict[str, Any]:
    """Milliseconds of the parts that take anything worth naming; requests a second that one core of the busiest service
    carries; and how many reads of a product, in catalog, the busiest service's time is worth."""
    busiest = max(SERVICES, key=lambda service: times[service])
    shown: dict[str, Any] = {part: round(each, 2) for part, each in times.items() if each >= WORTH_NAMING_MS}
    of_a_core = round(1000 / times[busiest], 1)
    return {**shown, "busiest": busiest, "a_second": of_a_core, "ratio": round(times[busiest] / base, 1)}


async def _rounds(stack: Stack, count: int, rounds: int, at_once: int) -> dict[str, list[Times]]:
    samples: dict[str, list[Times]] = {}
    async with _kinds(stack) as (kinds, report):
        for kind, act in kinds.items():
            await _repeat(act, at_once, at_once)  # nobody's first request counts
            samples[kind] = []
        with click.progressbar(range(rounds * len(kinds)), label="measuring") as steps:
            for step, (kind, act) in zip(steps, itertools.cycle(kinds.items()), strict=False):
                samples[kind].append(await _taken(stack, act, _amount(kind, count, at_once), at_once))
                if report.failed:
                    raise click.ClickException(f"{kind} failed after {step} steps: {report.failures(1)}")
    return samples


def _amount(kind: str, count: int, at_once: int) -> int:
    """A purchase is a request of many calls and seconds."""
    return max(at_once, count // 20) if kind == PURCHASE else count


@asynccontextmanager
async def _kinds(stack: Stack) -> AsyncIterator[tuple[dict[str, Act], Report]]:
    """What is asked of the shop, by name."""
    report, installation = Report(), stack.installation
    stripe, customer, chance = f"http://{installation.address('stripe')}", accounts(installation)[0], random.Random(0)
    async with Client(addresses.public(installation), report, headers=NOT_SAMPLED) as client:
        goods = await Goods.of(client)
        bought = Buyer(client, report, goods.variants[0], stripe)

        async def buy(buyer: Buyer) -> None:
            while (pause := await buyer.act()) is not None:  # noqa: ASYNC110 - a shopper's own pace
                await asyncio.sleep(pause)

        def get(path: str) -> Act:
            return lambda: client.send("GET", path)

        async def fill_cart() -> None:
            buyer = Buyer(client, report, chance.choice(goods.variants), stripe)
            await buyer.act()
            await buyer.act()

        await buy(bought)
        log_in = {"email": customer.email, "password": customer.password}
        yield (
            {
                "a product": get(f"/api/v1/products/{goods.products[0]['id']}"),
                "a list of 20 products": get("/api/v1/products?pageSize=20"),
                "a cart": get(f"/api/v1/carts/{bought.cart['id']}"),
                "a new cart, one item": fill_cart,
                "an order": lambda: client.send("GET", f"/api/v1/orders/{bought.order_id}", headers=bought.proof),
                "a log-in": lambda: client.send("POST", "/api/v1/sessions", log_in),
                PURCHASE: lambda: buy(Buyer(client, report, chance.choice(goods.variants), stripe)),
            },
            report,
        )


async def _taken(stack: Stack, act: Act, count: int, at_once: int) -> Times:
    """Processor time by part for one of `count`, in milliseconds, without what the parts take at rest."""
    resting, began = _times(stack), time.monotonic()
    await asyncio.sleep(REST_S)
    before, rested = _times(stack), time.monotonic() - began
    began = time.monotonic()
    await _repeat(act, count, at_once)
    await asyncio.sleep(REST_S)  # for all that follows a purchase
    after, worked = _times(stack), time.monotonic() - began
    idle = {part: (before[part] - resting[part]) / rested * worked for part in PARTS}
    return {part: max(0.0, after[part] - before[part] - idle[part]) / count * 1000 for part in PARTS}


async def _repeat(act: Act, count: int, at_once: int) -> None:
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await act()

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


def _times(stack: Stack) -> Times:
    """Seconds of processor time that each part, with its children of now and before, has taken so far."""
    return {part: _time(psutil.Process(stack.pid(part))) for part in PARTS}


def _time(process: psutil.Process) -> float:
    living = [process, *process.children(recursive=True)]
    own = process.cpu_times()
    ended = own.children_user + own.children_system
    return ended + sum(each.cpu_times().user + each.cpu_times().system for each in living if each.is_running())
