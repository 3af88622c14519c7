"""Many purchases at once while part after part is killed: in the end every book agrees."""

import asyncio

import pytest

from tests.chaos.kills import WITHIN_S, insisting, killing
from tests.e2e.shop import Shop, Stock, Variant
from tests.e2e.shopper import EMBEDDED, HOSTED, Shopper
from tests.e2e.test_races import assert_books_agree

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
SHOPPERS_A_KILL = 4
CANCELING = 4  # one in so many
VICTIMS = ("order", "payment", "kafka", "catalog", "postgres", "cart")


async def buys_or_changes_their_mind(shop: Shop, variant: Variant, number: int, placed: asyncio.Queue[str]) -> str:
    """One shopper's whole way, some cancel after paying; the state in which the order ended. `placed` gets its id."""
    async with Shopper(shop) as guest:
        flow = EMBEDDED if number % 2 else HOSTED
        await insisting(lambda: guest.open_cart(), "a cart")
        body = {"requestId": f"00000000-0000-4000-8000-{number:012}", "variantId": variant.id, "quantity": 1}
        await insisting(lambda: guest.api.post(f"{guest.cart_path}/items", body), "the line")
        request = await insisting(lambda: guest.order_request(flow), "the cart")
        purchase = await insisting(lambda: guest.place(request=request), "the order")
        placed.put_nowait(purchase.id)
        pay = guest.pay if flow == HOSTED else guest.confirm
        await insisting(lambda: pay(purchase), "the payment")
        if number % CANCELING == 0:
            await insisting(lambda: guest.cancel(purchase), "the cancellation")
        return await insisting(lambda: assert_books_agree(shop, guest, purchase, WITHIN_S), "the books")


async def test_a_storm_of_kills_loses_and_doubles_nothing(shop: Shop) -> None:
    count = len(VICTIMS) * SHOPPERS_A_KILL
    variant = await shop.variant(price=333, stock=count)
    shoppers: list[asyncio.Task[str]] = []
    for part in VICTIMS:
        placed: asyncio.Queue[str] = asyncio.Queue()
        for _ in range(SHOPPERS_A_KILL):
            way = buys_or_changes_their_mind(shop, variant, len(shoppers), placed)
            shoppers.append(asyncio.create_task(way))
        async with killing(shop, part) as kill:
            await placed.get()  # one has placed their order, the others are somewhere before or behind it
            await kill()
    states = await asyncio.gather(*shoppers)
    sold = states.count("ORDER_STATE_CONFIRMED")
    assert sold == count - len(states[::CANCELING])
    await shop.settled_stock(variant, Stock(received=count, free=count - sold, reserved=0, sold=sold))
