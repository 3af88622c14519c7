"""Many purchases at once while part after part is killed: in the end every book agrees."""

import asyncio

import httpx
import pytest

from tests.chaos.test_kills import insisting, killing
from tests.e2e.shop import Shop, Stock, Variant
from tests.e2e.shopper import EMBEDDED, HOSTED, Shopper
from tests.e2e.test_races import assert_books_agree

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
SHOPPERS = 16
VICTIMS = ("order", "payment", "kafka", "catalog", "postgres", "cart")


async def buys_or_changes_their_mind(shop: Shop, variant: Variant, number: int) -> str:
    """One shopper's whole way: every fourth one cancels after paying; the state in which the order ended."""
    async with Shopper(shop) as guest:
        flow = EMBEDDED if number % 2 else HOSTED
        await insisting(lambda: guest.open_cart(), "a cart")
        body = {"requestId": f"00000000-0000-4000-8000-{number:012}", "variantId": variant.id, "quantity": 1}
        await insisting(lambda: guest.api.post(f"{guest.cart_path}/items", body), "the line")
        request = await insisting(lambda: guest.order_request(flow), "the cart")
        purchase = await insisting(lambda: guest.place(request=request), "the order")
        pay = guest.pay if flow == HOSTED else guest.confirm
        await insisting(lambda: pay(purchase), "the payment")
        if number % 4 == 0:
            await insisting(lambda: guest.cancel(purchase), "the cancellation")
        return await insisting(lambda: assert_books_agree(shop, guest, purchase), "the books")


async def kill_in_turn(shop: Shop) -> None:
    """Each part once, the next as soon as the one before is back."""
    for part in VICTIMS:
        async with killing(shop, part) as kill:
            await kill()


async def test_a_storm_of_kills_loses_and_doubles_nothing(shop: Shop) -> None:
    variant = await shop.variant(price=333, stock=SHOPPERS)
    storm = asyncio.create_task(kill_in_turn(shop))
    states = await asyncio.gather(*(_late(shop, variant, number) for number in range(SHOPPERS)))
    await storm
    sold = states.count("ORDER_STATE_CONFIRMED")
    assert sold == SHOPPERS * 3 // 4
    await shop.settled_stock(variant, Stock(received=SHOPPERS, free=SHOPPERS - sold, reserved=0, sold=sold))


async def _late(shop: Shop, variant: Variant, number: int) -> str:
    """The shoppers come one after the other, so that each kill meets them at other points."""
    await asyncio.sleep(number * 0.8)
    try:
        return await buys_or_changes_their_mind(shop, variant, number)
    except httpx.HTTPError as error:
        raise AssertionError(f"shopper {number}: {error!r}") from error
