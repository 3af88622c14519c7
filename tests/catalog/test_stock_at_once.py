"""Orders that reserve, sell and release the same stock at the same moment: every call waits at a barrier first."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.catalog.domain.products import Product
from services.catalog.domain.stock import ReservationState, StockLine
from services.chassis import ids
from services.chassis.database import query
from services.chassis.errors import FailedPrecondition
from tests.catalog.conftest import LATER, NOW, Catalog, lines, shirt, simple

pytestmark = pytest.mark.stack
RESERVED, SOLD, LAPSED, RELEASED = ReservationState
Call = Callable[[], Awaitable[Any]]

_STATE = query("select state from reservations where order_id = %(id)s")


async def at_once(*calls: Call) -> Counter[str]:
    """How often each answer came: a state's name, or the reason of a refusal."""
    barrier = asyncio.Barrier(len(calls))

    async def run(call: Call) -> str:
        await barrier.wait()
        try:
            return str(await call())
        except FailedPrecondition as refusal:
            return refusal.reason

    return Counter(await asyncio.gather(*(run(call) for call in calls)))


def reserve(catalog: Catalog, order_id: str, wanted: list[StockLine]) -> Call:
    return lambda: catalog.stock.reserve(order_id, wanted, LATER, NOW)


def sell(catalog: Catalog, order_id: str) -> Call:
    return lambda: catalog.stock.sell(order_id, NOW)


def release(catalog: Catalog, order_id: str) -> Call:
    return lambda: catalog.stock.release(order_id, NOW)


async def state(catalog: Catalog, order_id: str) -> ReservationState:
    async with catalog.database.reader() as tx:
        row = await tx.one(_STATE, id=ids.uuid_of(order_id))
    assert row is not None
    return ReservationState(row["state"])


async def levels(catalog: Catalog, product: Product) -> list[tuple[int, ...]]:
    """received, free, reserved, sold of each variant."""
    return [(await catalog.buckets(v.id))[:4] for v in product.variants]


async def test_no_more_is_reserved_than_there_is(catalog: Catalog) -> None:
    product = await catalog.made(simple(7))
    calls = [reserve(catalog, ids.new("ord"), lines(product, 1)) for _ in range(20)]
    assert await at_once(*calls) == {"RESERVED": 7, "INSUFFICIENT_STOCK": 13}
    assert await levels(catalog, product) == [(7, 0, 7, 0)]
    versions = [version for version, _ in await catalog.events(product.variants[0].id)]
    assert sorted(versions) == list(range(1, 9))


async def test_orders_with_the_same_variants_in_any_order_neither_deadlock_nor_oversell(
    catalog: Catalog, seed: int
) -> None:
    product, chance = await catalog.made(shirt()), random.Random(seed)
    calls = []
    for _ in range(16):
        wanted = lines(product, 1, 1, 1)
        chance.shuffle(wanted)
        calls.append(reserve(catalog, ids.new("ord"), wanted))
    assert await at_once(*calls) == {"RESERVED": 5, "INSUFFICIENT_STOCK": 11}
    assert await levels(catalog, product) == [(5, 0, 5, 0)] * 3


async def test_one_order_that_reserves_many_times_holds_its_units_once(catalog: Catalog) -> None:
    product, order_id = await catalog.made(simple(9)), ids.new("ord")
    assert await at_once(*[reserve(catalog, order_id, lines(product, 2))] * 12) == {"RESERVED": 12}
    assert await levels(catalog, product) == [(9, 7, 2, 0)]


async def test_one_order_that_sells_many_times_sells_once(catalog: Catalog) -> None:
    product, order_id = await catalog.made(simple(9)), ids.new("ord")
    await catalog.stock.reserve(order_id, lines(product, 2), LATER, NOW)
    assert await at_once(*[sell(catalog, order_id)] * 12) == {"SOLD": 12}
    assert await levels(catalog, product) == [(9, 7, 0, 2)]


async def test_a_sale_and_a_release_end_with_everything_back(catalog: Catalog, seed: int) -> None:
    product, order_id = await catalog.made(simple(9)), ids.new("ord")
    await catalog.stock.reserve(order_id, lines(product, 2), LATER, NOW)
    answers = await at_once(*[sell(catalog, order_id)] * 3, *[release(catalog, order_id)] * 3)
    assert answers["RELEASED"] == 3
    assert await state(catalog, order_id) is RELEASED
    assert await levels(catalog, product) == [(9, 9, 0, 0)]


async def test_a_late_reserve_never_holds_what_a_release_has_refused(catalog: Catalog, seed: int) -> None:
    product, order_id = await catalog.made(simple(9)), ids.new("ord")
    calls = [reserve(catalog, order_id, lines(product, 2)), release(catalog, order_id)]
    random.Random(seed).shuffle(calls)
    assert (await at_once(*calls))["RELEASED"] == 1
    assert await state(catalog, order_id) is RELEASED
    assert await levels(catalog, product) == [(9, 9, 0, 0)]


async def test_a_sale_at_the_moment_of_lapsing_sells_its_units_once(catalog: Catalog, seed: int) -> None:
    product, order_id = await catalog.made(simple(2)), ids.new("ord")
    await catalog.stock.reserve(order_id, lines(product, 2), NOW, NOW)

    async def lapse() -> str:
        await catalog.stock.lapse_next(NOW)
        return "looked"

    assert (await at_once(sell(catalog, order_id), *[lapse] * 3))["SOLD"] == 1
    assert await state(catalog, order_id) is SOLD
    assert await levels(catalog, product) == [(2, 0, 0, 2)]


async def test_sweepers_at_once_lapse_each_reservation_once(catalog: Catalog) -> None:
    product = await catalog.made(simple(6))
    orders = [ids.new("ord") for _ in range(6)]
    for order_id in orders:
        await catalog.stock.reserve(order_id, lines(product, 1), NOW, NOW)

    async def sweep() -> str:
        while await catalog.stock.lapse_next(NOW):
            pass
        return "swept"

    await at_once(*[sweep] * 4)
    await sweep()
    assert {await state(catalog, order_id) for order_id in orders} == {LAPSED}
    assert await levels(catalog, product) == [(6, 6, 0, 0)]


async def test_a_storm_of_everything_leaves_stock_that_adds_up(catalog: Catalog, seed: int) -> None:
    product = await catalog.made(shirt())
    orders = [ids.new("ord") for _ in range(8)]
    calls: list[Call] = []
    for order_id in orders:
        calls += [reserve(catalog, order_id, lines(product, 1, 2, 1)), sell(catalog, order_id)]
        calls += [sell(catalog, order_id), release(catalog, order_id)]
    calls += [lambda: catalog.stock.adjust(product.variants[1].id, 1, "delivery", NOW)] * 4
    random.Random(seed).shuffle(calls)
    await at_once(*calls)
    assert {await state(catalog, order_id) for order_id in orders} == {RELEASED}
    assert await levels(catalog, product) == [(5, 5, 0, 0), (9, 9, 0, 0), (5, 5, 0, 0)]
