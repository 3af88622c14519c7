"""Two hundred buyers at once over one to fifty units, with overlapping baskets and lines in any order."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from services.catalog.domain.products import Option, Product
from services.catalog.domain.stock import ReservationState, StockLine
from services.chassis import ids
from services.chassis.database import query
from services.chassis.errors import FailedPrecondition
from tests.catalog.conftest import LATER, NOW, Catalog, shirt, simple, variant

pytestmark = pytest.mark.stack
BUYERS = 200
SIZES = ("XS", "S", "M", "L", "XL", "XXL")
T = TypeVar("T")
Step = Callable[[], Awaitable[Any]]

_HELD = query(
    """select l.variant_id, r.state, sum(l.quantity) as units from reservation_lines l join reservations r using (order_id)
       where l.variant_id = any(%(ids)s) group by l.variant_id, r.state"""
)
_RECORDED = query(
    """select variant_id, count(*) as count, max(version) as last from stock_changes
       where variant_id = any(%(ids)s) group by variant_id"""
)
_DEADLOCKS = query("select deadlocks from pg_stat_database where datname = current_database()")
_WRONG_READ = query("select free from stock where variant_id = %(id)s")
_WRONG_WRITE = query("update stock set free = free - 1, reserved = reserved + 1 where variant_id = %(id)s")


async def patient(step: Callable[[], Awaitable[T]]) -> T:
    """What a step answers in the end: where no connection is free in time, nothing was done, and it is asked again."""
    while True:
        with suppress(PoolTimeout):
            return await step()


class Buyer:
    """One order over some of the product's variants, and what happens to it."""

    def __init__(self, catalog: Catalog, product: Product, chance: random.Random) -> None:
        self.order_id = ids.new("ord")
        self._stock, self._chance = catalog.stock, chance
        chosen = chance.sample([each.id for each in product.variants], chance.randint(1, 4))
        self.lines = [StockLine(each, chance.randint(1, 3)) for each in chosen]

    async def buys(self, start: asyncio.Barrier) -> None:
        """Reserves, and then whatever an order may do next, some of it twice at the same time."""
        await start.wait()
        await self._refusable(self._reserve)
        for _ in range(self._chance.randint(0, 3)):
            steps = self._chance.choices([self._reserve, self._sell, self._release, self._lapse], [2, 4, 1, 1], k=2)
            await asyncio.gather(*(self._refusable(step) for step in steps))

    async def _refusable(self, step: Step) -> None:
        with suppress(FailedPrecondition):  # too little is left, or the order was released
            await patient(step)

    async def _reserve(self) -> None:
        shuffled = self._chance.sample(self.lines, len(self.lines))
        await self._stock.reserve(self.order_id, shuffled, self._chance.choice([NOW, LATER]), NOW)

    async def _sell(self) -> None:
        await self._stock.sell(self.order_id, NOW)

    async def _release(self) -> None:
        await self._stock.release(self.order_id, NOW)

    async def _lapse(self) -> None:
        await self._stock.lapse_next(NOW)


def scarce(chance: random.Random) -> Product:
    """A product in six sizes, of each between one and fifty."""
    made = [variant(size, initial_stock=chance.randint(1, 50)) for size in SIZES]
    return shirt(*made, options=(Option("Size", SIZES),))


async def assert_books(catalog: Catalog, product: Product) -> None:
    """The rows of stock say what the reservations and the record of changes say."""
    variant_ids = [ids.uuid_of(each.id) for each in product.variants]
    async with catalog.database.reader() as tx:
        held = {(row["variant_id"], row["state"]): row["units"] for row in await tx.all(_HELD, ids=variant_ids)}
        recorded = {row["variant_id"]: row for row in await tx.all(_RECORDED, ids=variant_ids)}
    for each, key in zip(product.variants, variant_ids, strict=True):
        received, free, reserved, sold, version = await catalog.buckets(each.id)
        assert received == each.initial_stock == free + reserved + sold
        assert min(free, reserved, sold) >= 0
        assert sold == held.get((key, ReservationState.SOLD), 0)
        assert reserved == held.get((key, ReservationState.RESERVED), 0)
        assert recorded[key]["count"] == recorded[key]["last"] == version, "no update was lost"


async def deadlocks(catalog: Catalog) -> int:
    async with catalog.database.reader() as tx:
        row = await tx.one(_DEADLOCKS)
    assert row is not None
    return int(row["deadlocks"])


async def at_once(buyers: Sequence[Buyer]) -> None:
    """All begin at a barrier; whatever is not a refusal, such as a deadlock, fails the test."""
    start = asyncio.Barrier(len(buyers))
    await asyncio.gather(*(buyer.buys(start) for buyer in buyers))


async def test_overlapping_baskets_neither_oversell_nor_deadlock_nor_lose_a_unit(catalog: Catalog, seed: int) -> None:
    chance = random.Random(seed)
    product = await catalog.made(scarce(chance))
    before = await deadlocks(catalog)
    await at_once([Buyer(catalog, product, random.Random(chance.random())) for _ in range(BUYERS)])
    await assert_books(catalog, product)
    assert await deadlocks(catalog) == before


async def test_two_hundred_who_want_one_unit_each_get_exactly_what_there_is(catalog: Catalog, seed: int) -> None:
    units = random.Random(seed).randint(1, 50)
    product = await catalog.made(simple(units))
    line = [StockLine(product.variants[0].id, 1)]
    start = asyncio.Barrier(BUYERS)

    async def buys() -> str:
        await start.wait()
        try:
            order_id = ids.new("ord")
            await patient(lambda: catalog.stock.reserve(order_id, line, LATER, NOW))
            return str(await patient(lambda: catalog.stock.sell(order_id, NOW)))
        except FailedPrecondition as refusal:
            return refusal.reason

    answers = Counter(await asyncio.gather(*(buys() for _ in range(BUYERS))))
    assert answers == {"SOLD": units, "INSUFFICIENT_STOCK": BUYERS - units}
    assert (await catalog.buckets(product.variants[0].id))[:4] == (units, 0, 0, units)
    await assert_books(catalog, product)


async def test_where_the_code_is_wrong_the_database_alone_forbids_a_negative(catalog: Catalog, seed: int) -> None:
    """The wrong code: look whether a unit is free, and take it later, without a lock."""
    units = random.Random(seed).randint(1, 50)
    product = await catalog.made(simple(units))
    key = ids.uuid_of(product.variants[0].id)
    all_have_looked = asyncio.Barrier(BUYERS)

    async def free() -> int:
        async with catalog.database.reader() as tx:
            row = await tx.one(_WRONG_READ, id=key)
        return int(row["free"]) if row else 0

    async def take() -> str:
        try:
            async with catalog.database.transaction() as tx:
                await tx.execute(_WRONG_WRITE, id=key)
        except psycopg.errors.CheckViolation as violation:
            return str(violation.diag.constraint_name)
        return "taken"

    async def takes() -> str:
        found = await patient(free)
        await all_have_looked.wait()
        return await patient(take) if found else "refused"

    answers = Counter(await asyncio.gather(*(takes() for _ in range(BUYERS))))
    assert answers == {"taken": units, "stock_not_negative": BUYERS - units}
    assert (await catalog.buckets(product.variants[0].id))[:4] == (units, 0, units, 0)
