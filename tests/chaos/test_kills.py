"""kill -9 of every part at every point of a purchase: one order, one charge, one message, no unit of stock lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
import pytest

from deploy.local.installation import SERVICES
from deploy.local.stripe.control import Match
from tests.e2e.api import Json, Refused, cents
from tests.e2e.shop import Shop, Stock, Variant
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
STORES = ("kafka", "postgres", "mongo", "valkey")
PARTS = (*SERVICES, *STORES, "stripe", "edge")
WITHIN_S = 60.0
T = TypeVar("T")
Kill = Callable[[], Awaitable[None]]


@asynccontextmanager
async def killing(shop: Shop, part: str) -> AsyncIterator[Kill]:
    """What kills the part; the supervisor brings it back, and it is ready afterwards."""

    before = shop.stack.pid(part)

    async def kill() -> None:
        await asyncio.to_thread(shop.stack.kill, part)

    yield kill
    await eventually(lambda: _runs_anew(shop, part, before), f"the supervisor to bring {part} back")
    await asyncio.to_thread(shop.stack.wait_ready, part)


async def _runs_anew(shop: Shop, part: str, before: int) -> bool:
    return shop.stack.states()[part].pid not in (0, before)


async def insisting(act: Callable[[], Awaitable[T]], what: str) -> T:
    """What a patient client gets, who repeats the same request while the shop is away for a moment."""

    async def look() -> T | None:
        try:
            return await act()
        except httpx.TransportError:
            return None
        except Refused as refused:
            if refused.status in (502, 503, 504):
                return None
            raise

    return await eventually(look, what, WITHIN_S)


async def place(shopper: Shopper, request: Json) -> Purchase:
    return await insisting(lambda: shopper.place(request=request), "the order to be placed")


async def pay(shopper: Shopper, purchase: Purchase) -> None:
    await insisting(lambda: shopper.pay(purchase), "the payment page")


async def while_placing(shop: Shop, shopper: Shopper, kill: Kill) -> Purchase:
    """The part dies while Stripe's answer to our request is on its way; then the customer pays."""
    request = await shopper.order_request()
    held = await shop.stripe.hold(Match(method="POST", path="/v1/checkout/sessions", text=shopper.name), when="after")
    placing = asyncio.create_task(place(shopper, request))
    await shop.stripe.until_held(held)
    await kill()
    await insisting(lambda: _released(shop, held), "the stand-in")
    purchase = await placing
    await pay(shopper, purchase)
    return purchase


async def before_paying(shop: Shop, shopper: Shopper, kill: Kill) -> Purchase:
    """The part dies between the order and its payment."""
    purchase = await place(shopper, await shopper.order_request())
    await kill()
    await pay(shopper, purchase)
    return purchase


async def before_the_webhook(shop: Shop, shopper: Shopper, kill: Kill) -> Purchase:
    """The part dies when the money is captured and nobody here knows it."""
    purchase = await place(shopper, await shopper.order_request())
    held = await shop.stripe.hold_webhooks(shop.about(purchase.id))
    await pay(shopper, purchase)
    await kill()
    await insisting(lambda: _released(shop, held), "the stand-in")
    return purchase


async def while_confirming(shop: Shop, shopper: Shopper, kill: Kill) -> Purchase:
    """The part dies as soon as the order is paid, while stock, events and mail are under way."""
    purchase = await place(shopper, await shopper.order_request())
    await pay(shopper, purchase)
    await kill()
    return purchase


async def _released(shop: Shop, switch: int) -> bool:
    await shop.stripe.release(switch)
    return True


async def assert_bought_exactly_once(shop: Shop, shopper: Shopper, purchase: Purchase, variant: Variant) -> None:
    """In the end; whatever happened in between."""
    await insisting(lambda: shopper.until(purchase, "CONFIRMED", WITHIN_S), "the order to be confirmed")
    await shopper.mail(purchase.confirmed, WITHIN_S)
    assert len(await shop.charges(purchase.id)) == 1
    await shop.settled_stock(variant, Stock(received=5, free=3, reserved=0, sold=2))
    await insisting(lambda: _cart_emptied(shopper), "the cart to be empty")
    placements = "select count(*)::int as orders from order_contacts where email = %s"
    assert await shop.row("order", placements, shopper.email) == {"orders": 1}


async def _cart_emptied(shopper: Shopper) -> bool:
    return not await shopper.quantities()


@pytest.mark.parametrize("point", [while_placing, before_paying, before_the_webhook, while_confirming])
@pytest.mark.parametrize("part", PARTS)
async def test_a_purchase_survives_the_kill_of_any_part(
    shop: Shop, part: str, point: Callable[[Shop, Shopper, Kill], Awaitable[Purchase]]
) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        await guest.add(variant, 2)
        async with killing(shop, part) as kill:
            purchase = await point(shop, guest, kill)
        await assert_bought_exactly_once(shop, guest, purchase, variant)


@pytest.mark.parametrize("part", ["payment", "order", "kafka", "postgres", "stripe"])
async def test_a_refund_survives_the_kill_of_a_part_while_it_is_under_way(shop: Shop, part: str) -> None:
    variant = await shop.variant(price=1500, stock=5)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, 2)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        refund = Match(method="POST", path="/v1/refunds", metadata={"order_id": purchase.id})
        held = await shop.stripe.hold(refund, when="after")
        await guest.cancel(purchase)
        await shop.stripe.until_held(held)
        async with killing(shop, part) as kill:
            await kill()
            await insisting(lambda: _released(shop, held), "the stand-in")
        await insisting(lambda: _refunded(guest, purchase, 3000), "the order to show its refund")
        await guest.mail(purchase.refunded, WITHIN_S)
        (charge,) = await shop.charges(purchase.id)
        assert charge["amount_refunded"] == 3000
        await shop.settled_stock(variant, Stock(received=5, free=5, reserved=0, sold=0))


async def _refunded(shopper: Shopper, purchase: Purchase, amount: int) -> bool:
    order = await shopper.order(purchase)
    return "refunded" in order and cents(order["refunded"]) == amount
