"""``ports.Stock`` over a real PostgreSQL: what an order holds, at once and one after another."""

from datetime import timedelta

import psycopg
import pytest

from services.catalog.domain import products as rules
from services.catalog.domain.stock import ReservationState, StockLine
from services.catalog.use_cases.stock import StockUseCases
from services.chassis import ids
from services.chassis.database import query
from services.chassis.errors import FailedPrecondition
from tests.catalog.conftest import LATER, NOW, Catalog, lines, new_variant, shirt, simple, variant

pytestmark = pytest.mark.stack
RESERVED, SOLD, _, RELEASED = ReservationState


def order() -> str:
    return ids.new("ord")


async def reserved(catalog: Catalog, units: int = 2, stock: int = 5) -> tuple[str, str]:
    """A new order that holds ``units`` of a new product with so much stock: (order id, variant id)."""
    product, order_id = await catalog.made(simple(stock)), order()
    await catalog.stock.reserve(order_id, lines(product, units), LATER, NOW)
    return order_id, product.variants[0].id


async def lapsed(catalog: Catalog, units: int = 2) -> tuple[str, str]:
    order_id, variant_id = await reserved(catalog, units)
    await lapse(catalog, order_id)
    return order_id, variant_id


async def lapse(catalog: Catalog, order_id: str) -> None:
    """Lapses what is due until the order is among it: other tests' reservations may come before."""
    while found := await catalog.stock.lapse_next(LATER):
        if found == order_id:
            return
    raise AssertionError("the reservation did not lapse")


async def test_units_go_from_free_to_reserved_to_sold(catalog: Catalog) -> None:
    order_id, variant_id = await reserved(catalog)
    assert await catalog.buckets(variant_id) == (5, 3, 2, 0, 2)
    for _ in range(2):
        assert await catalog.stock.sell(order_id, NOW) is SOLD
    assert await catalog.buckets(variant_id) == (5, 3, 0, 2, 3)
    assert await catalog.stock.reserve(order_id, [StockLine(variant_id, 2)], LATER, NOW) is SOLD


async def test_each_change_is_announced_and_recorded_with_its_order(catalog: Catalog) -> None:
    order_id, variant_id = await reserved(catalog)
    await catalog.stock.sell(order_id, NOW)
    await catalog.stock.release(order_id, NOW)
    told = await catalog.events(variant_id)
    assert [(version, e.reason, e.free, e.reserved, e.sold) for version, e in told] == [
        (1, "initial", 5, 0, 0),
        (2, "reserve", 3, 2, 0),
        (3, "sell", 3, 0, 2),
        (4, "release", 5, 0, 0),
    ]
    assert [e.order_id for _, e in told] == ["", order_id, order_id, order_id]
    uuid = ids.uuid_of(order_id)
    assert (await catalog.changes(variant_id))[1:] == [("reserve", uuid, 3), ("sell", uuid, 3), ("release", uuid, 5)]


async def test_a_change_of_stock_is_none_of_the_product(catalog: Catalog) -> None:
    product, order_id = await catalog.made(simple()), order()
    before = await catalog.products.get(product.id)
    await catalog.stock.adjust(product.variants[0].id, 1, "delivery", NOW)
    await catalog.stock.reserve(order_id, lines(product, 2), LATER, NOW)
    await catalog.stock.sell(order_id, NOW)
    after = await catalog.products.get(product.id)
    assert before is not None
    assert after is not None
    assert after.product == before.product
    assert (before.etag, after.etag) == ("1.1", "1.4")
    assert [version for version, _ in await catalog.events(product.id)] == [1]


async def test_all_lines_or_none_and_each_shortage_is_named(catalog: Catalog) -> None:
    product, order_id = await catalog.made(shirt()), order()
    small, medium, large = product.variants
    with pytest.raises(FailedPrecondition, match="INSUFFICIENT_STOCK") as refusal:
        await catalog.stock.reserve(order_id, lines(product, 6, 5, 7), LATER, NOW)
    assert refusal.value.metadata == {small.sku: "5", large.sku: "5"}
    assert [await catalog.buckets(v.id) for v in product.variants] == [(5, 5, 0, 0, 1)] * 3
    assert await catalog.stock.reserve(order_id, lines(product, 0, 5)[1:], LATER, NOW) is RESERVED
    assert await catalog.buckets(medium.id) == (5, 0, 5, 0, 2)


async def test_what_is_unknown_or_not_on_sale_cannot_be_reserved(catalog: Catalog) -> None:
    unknown, archived = variant(id=new_variant()), await catalog.made(simple())
    await catalog.products.update(archived.id, lambda product: rules.archive(product, LATER))
    cases = [(StockLine(unknown.id, 1), unknown.id), (lines(archived, 1)[0], archived.variants[0].sku)]
    for line, subject in cases:
        with pytest.raises(FailedPrecondition, match="INSUFFICIENT_STOCK") as refusal:
            await catalog.stock.reserve(order(), [line], LATER, NOW)
        assert refusal.value.preconditions[0].subject == subject
        assert refusal.value.metadata == {subject: "0"}


async def test_reserving_again_extends_and_never_shortens(catalog: Catalog) -> None:
    order_id, variant_id = await reserved(catalog)
    for expire_time in (LATER + timedelta(minutes=5), LATER - timedelta(minutes=5)):
        assert await catalog.stock.reserve(order_id, [StockLine(variant_id, 2)], expire_time, NOW) is RESERVED
    assert await catalog.buckets(variant_id) == (5, 3, 2, 0, 2)
    async with catalog.database.reader() as tx:
        row = await tx.one(
            query("select expire_time from reservations where order_id = %(id)s"), id=ids.uuid_of(order_id)
        )
    assert row == {"expire_time": LATER + timedelta(minutes=5)}


async def test_other_lines_than_those_held_are_refused(catalog: Catalog) -> None:
    order_id, variant_id = await reserved(catalog)
    with pytest.raises(FailedPrecondition, match="RESERVATION_DIFFERS"):
        await catalog.stock.reserve(order_id, [StockLine(variant_id, 3)], LATER, NOW)


@pytest.mark.parametrize("sold", [False, True])
async def test_releasing_gives_back_what_is_held_and_is_for_ever(catalog: Catalog, sold: bool) -> None:
    order_id, variant_id = await reserved(catalog)
    if sold:
        await catalog.stock.sell(order_id, NOW)
    for _ in range(2):
        assert await catalog.stock.release(order_id, NOW) is RELEASED
    assert await catalog.buckets(variant_id) == (5, 5, 0, 0, 4 if sold else 3)
    await refused_for_ever(catalog, order_id, variant_id)


async def test_releasing_an_unknown_order_refuses_it_for_ever(catalog: Catalog) -> None:
    product, order_id = await catalog.made(simple()), order()
    assert await catalog.stock.release(order_id, NOW) is RELEASED
    await refused_for_ever(catalog, order_id, product.variants[0].id)


async def test_releasing_a_lapsed_order_refuses_it_for_ever(catalog: Catalog) -> None:
    order_id, variant_id = await lapsed(catalog)
    assert await catalog.stock.release(order_id, NOW) is RELEASED
    await refused_for_ever(catalog, order_id, variant_id)


async def refused_for_ever(catalog: Catalog, order_id: str, variant_id: str) -> None:
    before = await catalog.buckets(variant_id)
    with pytest.raises(FailedPrecondition, match="RESERVATION_RELEASED"):
        await catalog.stock.reserve(order_id, [StockLine(variant_id, 1)], LATER, NOW)
    with pytest.raises(FailedPrecondition, match="RESERVATION_RELEASED"):
        await catalog.stock.sell(order_id, NOW)
    assert await catalog.buckets(variant_id) == before


async def test_a_reservation_lapses_when_its_time_is_over_and_not_before(catalog: Catalog) -> None:
    order_id, variant_id = await reserved(catalog)
    assert await catalog.stock.lapse_next(NOW - timedelta(days=1)) is None
    await lapse(catalog, order_id)
    assert await catalog.buckets(variant_id) == (5, 5, 0, 0, 3)
    assert (await catalog.events(variant_id))[-1][1].reason == "lapse"
    assert await catalog.stock.reserve(order_id, [StockLine(variant_id, 3)], LATER, NOW) is RESERVED
    assert await catalog.buckets(variant_id) == (5, 2, 3, 0, 4)
    await catalog.stock.release(order_id, NOW)


async def test_the_sweeper_lapses_all_whose_time_is_over_and_no_others(catalog: Catalog) -> None:
    over, going_on = await reserved(catalog), await reserved(catalog)
    extended = LATER + timedelta(hours=1)
    await catalog.stock.reserve(going_on[0], [StockLine(going_on[1], 2)], extended, NOW)
    sweeper = StockUseCases(catalog.stock, catalog.prices, lambda: LATER)
    assert await sweeper.sweep() >= 1
    assert await sweeper.sweep() == 0
    assert (await catalog.buckets(over[1]))[:4] == (5, 5, 0, 0)
    assert (await catalog.buckets(going_on[1]))[:4] == (5, 3, 2, 0)
    await catalog.stock.release(going_on[0], NOW)


async def test_a_lapsed_order_is_sold_from_free_stock(catalog: Catalog) -> None:
    order_id, variant_id = await lapsed(catalog)
    assert await catalog.stock.sell(order_id, NOW) is SOLD
    assert await catalog.buckets(variant_id) == (5, 3, 0, 2, 4)


async def test_a_lapsed_order_is_refused_where_free_stock_is_gone(catalog: Catalog) -> None:
    order_id, variant_id = await lapsed(catalog)
    await catalog.stock.reserve(order(), [StockLine(variant_id, 4)], LATER, NOW)
    with pytest.raises(FailedPrecondition, match="INSUFFICIENT_STOCK"):
        await catalog.stock.sell(order_id, NOW)
    assert await catalog.buckets(variant_id) == (5, 1, 4, 0, 4)
    assert await catalog.stock.release(order_id, NOW) is RELEASED
    assert await catalog.buckets(variant_id) == (5, 1, 4, 0, 4)


async def test_what_was_paid_for_is_sold_even_when_it_left_the_shop_window(catalog: Catalog) -> None:
    product, order_id = await catalog.made(simple()), order()
    await catalog.stock.reserve(order_id, lines(product, 2), LATER, NOW)
    await catalog.products.update(product.id, lambda p: rules.archive(p, LATER))
    assert await catalog.stock.sell(order_id, NOW) is SOLD


async def test_adjusting_changes_received_and_free(catalog: Catalog) -> None:
    product = await catalog.made(simple(5))
    variant_id, sku = product.variants[0].id, product.variants[0].sku
    level = await catalog.stock.adjust(variant_id, 10, "delivery 4711", NOW)
    assert level is not None
    assert (level.received, level.free, level.version) == (15, 15, 2)
    await catalog.stock.adjust(variant_id, -15, "broken", NOW)
    with pytest.raises(FailedPrecondition, match="INSUFFICIENT_STOCK") as refusal:
        await catalog.stock.adjust(variant_id, -1, "broken", NOW)
    assert refusal.value.metadata == {sku: "0"}
    assert await catalog.changes(variant_id) == [("initial", None, 5), ("delivery 4711", None, 15), ("broken", None, 0)]
    assert await catalog.stock.adjust(ids.new("var"), 1, "delivery", NOW) is None


@pytest.mark.parametrize(
    "change",
    ["free = free - 1", "sold = sold + 1", "received = received - 1", "free = -1, received = received - free - 1"],
)
async def test_the_database_itself_refuses_stock_that_does_not_add_up(catalog: Catalog, change: str) -> None:
    product = await catalog.made(simple())
    wrong = query(f"update stock set {change} where variant_id = %(id)s")
    with pytest.raises(psycopg.errors.CheckViolation):
        async with catalog.database.transaction() as tx:
            await tx.execute(wrong, id=ids.uuid_of(product.variants[0].id))
