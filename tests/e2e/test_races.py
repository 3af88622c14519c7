"""Two things at the same moment: whichever wins, money, stock and state agree afterwards."""

import asyncio
import random
from collections.abc import Awaitable

import pytest

from tests.e2e.api import Json, Refused, cents
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import LIMIT_S, eventually

pytestmark = pytest.mark.stack
ENDED = {f"ORDER_STATE_{state}" for state in ("CONFIRMED", "REJECTED", "CANCELED", "EXPIRED")}
ROUNDS = 6
APART_S = 0.2


async def ended(shopper: Shopper, purchase: Purchase, within_s: float = LIMIT_S) -> Json:
    """The order once it ended."""

    async def look() -> Json | None:
        order = await shopper.order(purchase)
        return order if order["state"] in ENDED else None

    return await eventually(look, f"{purchase.id} to end", within_s)


async def assert_books_agree(shop: Shop, shopper: Shopper, purchase: Purchase, within_s: float = LIMIT_S) -> str:
    """What was charged is what a confirmed order costs, or went back; the order's state."""
    total = cents(purchase.answer["order"]["totals"]["total"])

    async def agree() -> str:
        order = await ended(shopper, purchase, within_s)
        charges = await shop.charges(purchase.id)
        kept = sum(charge["amount"] - charge["amount_refunded"] for charge in charges)
        shown = sum(charge["amount_refunded"] for charge in charges)
        refunded = cents(order["refunded"]) if "refunded" in order else 0
        due = total if order["state"] == "ORDER_STATE_CONFIRMED" else 0
        return order["state"] if (kept, shown) == (due, refunded) else ""

    return await eventually(agree, f"the books of {purchase.id} to agree", within_s)


async def soon(chance: random.Random, act: Awaitable[object]) -> None:
    """Within so short a time that any of several may be first, and each finds the others anywhere."""
    await asyncio.sleep(chance.uniform(0, APART_S))
    await act


@pytest.mark.parametrize("ending", ["cancel", "expire"])
async def test_paying_while_the_order_ends_is_either_a_sale_or_leaves_no_money_here(
    shop: Shop, ending: str, seed: int
) -> None:
    variant, chance = await shop.variant(price=900, stock=ROUNDS), random.Random(seed)

    async def end(guest: Shopper, purchase: Purchase) -> None:
        if ending == "cancel":
            await guest.cancel(purchase)
        else:
            await shop.make_due("order", "deadline", purchase.id)

    async def one() -> str:
        async with Shopper(shop) as guest:
            purchase = await guest.buy(variant)
            await asyncio.gather(soon(chance, guest.pay(purchase)), soon(chance, end(guest, purchase)))
            return await assert_books_agree(shop, guest, purchase)

    states = await asyncio.gather(*(one() for _ in range(ROUNDS)))
    sold = states.count("ORDER_STATE_CONFIRMED")
    await shop.settled_stock(variant, Stock(received=ROUNDS, free=ROUNDS - sold, reserved=0, sold=sold))


async def test_many_at_once_sell_exactly_what_there_is(shop: Shop) -> None:
    variant = await shop.variant(stock=5)

    async def one() -> bool:
        async with Shopper(shop) as guest:
            await guest.add(variant)
            try:
                purchase = await guest.place()
            except Refused as refused:
                assert refused.reason == "INSUFFICIENT_STOCK"  # noqa: PT017 - some are refused, some are not
                return False
            await guest.pay(purchase)
            await guest.until(purchase, "CONFIRMED")
            return True

    outcomes = await asyncio.gather(*(one() for _ in range(8)))
    assert sum(outcomes) == 5
    assert await shop.stock(variant) == Stock(received=5, free=0, reserved=0, sold=5)


async def test_two_orders_of_one_cart_are_both_bought_and_the_cart_is_empty(shop: Shop) -> None:
    variant = await shop.variant(stock=9)
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.add(variant, 2)
        purchases = await asyncio.gather(customer.place(), customer.place())
        await asyncio.gather(*(customer.pay(purchase) for purchase in purchases))
        for purchase in purchases:
            await customer.until(purchase, "CONFIRMED")
        assert await shop.stock(variant) == Stock(received=9, free=5, reserved=0, sold=4)

        async def emptied() -> bool:
            return await customer.quantities() == {}

        await eventually(emptied, "the cart to be empty")
