"""Ticks: so many a second, each somebody's request. A tick that was missed is counted and never made up for."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.cluster.load.client import DEADLINE_S, Client
from tests.cluster.load.people import Buyers, Goods, Readers
from tests.cluster.load.report import Report

RATE = 22.0
"""A second. Some 20 are wanted, and a machine that is busy with an upgrade misses a tenth."""
READERS, BUYERS = 23, 7
"""Of 30 requests."""
SETTLE_S = 90.0
Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Plan:
    """What is asked of whom, and how often. `buyers` of `readers + buyers` requests belong to purchases."""

    edge: str
    stripe: str = ""
    rate: float = RATE
    readers: int = READERS
    buyers: int = BUYERS
    deadline_s: float = DEADLINE_S
    settle_s: float = SETTLE_S
    seed: int = 0


def buys(tick: int, readers: int, buyers: int) -> bool:
    """Whether a buyer has this tick; buyers are spread evenly among the readers."""
    return tick * buyers % (readers + buyers) < buyers


async def tick(rate: float, stop: asyncio.Event, act: Callable[[int], None]) -> int:
    """Calls `act` with 0, 1, .. at its time until `stop`; how many were left out because nobody ran at their time."""
    began, number, missed = time.monotonic(), 0, 0
    while not stop.is_set():
        act(number)
        number += 1
        late = int((time.monotonic() - began) * rate) - number
        if late > 0:
            number, missed = number + late, missed + late
        try:
            async with asyncio.timeout(max(0.0, began + number / rate - time.monotonic())):
                await stop.wait()
        except TimeoutError:
            continue
    return missed


async def run(plan: Plan, stop: asyncio.Event, began: Callable[[], None] = lambda: None) -> Report:
    """The load until `stop`, then the end of what it began. `began` is called when the goods are known."""
    report = Report()
    async with Client(plan.edge, report, plan.deadline_s) as client:
        chance = random.Random(plan.seed)
        goods = await Goods.of(client, buyable=plan.buyers > 0)
        readers, buyers = Readers(client, goods, chance), Buyers(client, goods, report, plan.stripe, chance)
        async with asyncio.TaskGroup() as group:

            def act(number: int) -> None:
                group.create_task((buyers if buys(number, plan.readers, plan.buyers) else readers).act())

            report.began = time.time()
            began()
            report.missed = await tick(plan.rate, stop, act)
            report.ended = time.time()
        await buyers.settle(plan.settle_s)
    return report
