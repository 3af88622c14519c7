"""Three brokers, of which any one is killed with -9 while events and orders flow."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local import addresses
from deploy.local.installation import KAFKA_NODES
from deploy.local.stack import Stack
from tests.audited import assert_clean
from tests.chaos.kills import insisting
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Purchase, Shopper
from tests.events.conftest import MIGRATIONS, a_prefix, own_stack
from tests.events.world import World, assert_once_and_in_order, some_keys, topics_made, world_on
from tests.parts import running
from tests.waiting import eventually, until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
WITHIN_S = 60.0
KEYS, BUYERS_A_KILL = 10, 4
AFTER_THE_KILL_S = 3.0


@pytest.fixture
def brokers() -> Iterator[Stack]:
    """A Kafka of three nodes; gone before the whole shop below takes its ports."""
    with own_stack("events3", *KAFKA_NODES, KAFKA_BROKERS="3") as stack:
        yield stack


@pytest.fixture
async def world(brokers: Stack, new_database: Callable[[Path | None], str], run_prefix: str) -> AsyncIterator[World]:
    address = addresses.kafka(brokers.installation)
    async with world_on(address, new_database(MIGRATIONS), a_prefix(run_prefix), replication=3) as made:
        await asyncio.to_thread(topics_made, made)
        yield made


async def until_back(stack: Stack, node: str, before: int) -> None:
    """Returns once the supervisor has brought the node back, and it serves."""

    async def runs_anew() -> bool:
        return stack.states()[node].pid not in (0, before)

    await eventually(runs_anew, f"the supervisor to bring {node} back")
    await asyncio.to_thread(stack.wait_ready, node)


async def test_each_broker_killed_in_turn_while_events_flow_loses_repeats_and_inverts_nothing(
    world: World, brokers: Stack
) -> None:
    keys, version, gap = some_keys(KEYS), 0, 0.0
    async with running(world.relay(), world.consumer()):
        for node in KAFKA_NODES:
            pid = brokers.pid(node)
            killed_at: float | None = None
            while killed_at is None or time.monotonic() < killed_at + AFTER_THE_KILL_S:
                version += 1
                await asyncio.gather(*(world.add(key, version) for key in keys), asyncio.sleep(0.05))
                if killed_at is None and await world.as_many_handled(KEYS * (version - 1)):
                    os.kill(pid, signal.SIGKILL)
                    killed_at = time.monotonic()
            await until(world.all_handled, "all to be handled", within_s=WITHIN_S)
            gap = max(gap, time.monotonic() - killed_at)
            await until_back(brokers, node, pid)
    assert_once_and_in_order(await world.handled(), keys, version)
    names = await world.in_topic()
    assert len(set(names)) == KEYS * version


@pytest.fixture(scope="module")
def shop_on_three_brokers(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """The whole shop, beside the test stack."""
    if not pytestconfig.getoption("--whole"):
        pytest.skip("a second shop on three brokers takes minutes: --whole")
    with own_stack("events3-shop", KAFKA_BROKERS="3", SHOPMESH_TRACE_RATIO="0") as stack:
        yield stack


async def test_each_broker_killed_in_turn_while_orders_flow_loses_none(shop_on_three_brokers: Stack) -> None:
    stack, began = shop_on_three_brokers, datetime.now(UTC)
    async with Shop(stack) as shop:
        count = len(KAFKA_NODES) * BUYERS_A_KILL
        variant = await shop.variant(stock=count)
        for node in KAFKA_NODES:
            guests = [Shopper(shop) for _ in range(BUYERS_A_KILL)]
            purchases = await asyncio.gather(*(insisting(lambda g=g: g.buy(variant), "an order") for g in guests))  # type: ignore[misc]
            pid = stack.pid(node)
            os.kill(pid, signal.SIGKILL)
            await asyncio.gather(*(_pays(guest, each) for guest, each in zip(guests, purchases, strict=True)))
            await asyncio.gather(*(guest.api.close() for guest in guests))
            await until_back(stack, node, pid)
        await shop.settled_stock(variant, Stock(received=count, free=0, reserved=0, sold=count))
    await assert_clean(stack, began)


async def _pays(guest: Shopper, purchase: Purchase) -> None:
    """And is told so by mail."""
    await insisting(lambda: guest.pay(purchase), "the payment")
    await insisting(lambda: guest.until(purchase, "CONFIRMED", WITHIN_S), "the order to be confirmed")
    await guest.mail(purchase.confirmed, WITHIN_S)
