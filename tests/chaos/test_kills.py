"""kill -9 of every part at every point of a purchase: one order, one charge, one message, no unit of stock lost."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from deploy.local.installation import SERVICES
from deploy.local.stripe.control import Match
from tests.chaos.kills import WITHIN_S, Moment, insisting, killing
from tests.e2e.api import Json, cents
from tests.e2e.shop import Shop, Stock, Variant
from tests.e2e.shopper import Purchase, Shopper

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
PARTS = (*SERVICES, "kafka", "postgres", "mongo", "valkey", "stripe", "edge")
Point = Callable[[Shop, Shopper, Moment], Coroutine[Any, Any, Purchase]]


async def place(shopper: Shopper, request: Json) -> Purchase:
    return await insisting(lambda: shopper.place(request=request), "the order to be placed")


async def pay(shopper: Shopper, purchase: Purchase) -> None:
    await insisting(lambda: shopper.pay(purchase), "the payment page")


async def release(shop: Shop, switch: int) -> None:
    async def released() -> bool:
        await shop.stripe.release(switch)
        return True

    await insisting(released, "the stand-in")


async def while_placing(shop: Shop, shopper: Shopper, moment: Moment) -> Purchase:
    """Stripe's answer to our request is on its way; afterwards the customer pays."""
    request = await shopper.order_request()
    held = await shop.stripe.hold(Match(method="POST", path="/v1/checkout/sessions", text=shopper.name), when="after")
    placing = asyncio.create_task(place(shopper, request))
    await shop.stripe.until_held(held)
    await moment.passes()
    await release(shop, held)
    purchase = await placing
    await pay(shopper, purchase)
    return purchase


async def before_paying(shop: Shop, shopper: Shopper, moment: Moment) -> Purchase:
    """Between the order and its payment."""
    purchase = await place(shopper, await shopper.order_request())
    await moment.passes()
    await pay(shopper, purchase)
    return purchase


async def before_the_webhook(shop: Shop, shopper: Shopper, moment: Moment) -> Purchase:
    """The money is captured and nobody here knows it."""
    purchase = await place(shopper, await shopper.order_request())
    held = await shop.stripe.hold_webhooks(shop.about(purchase.id))
    await pay(shopper, purchase)
    await shop.stripe.until_held(held)
    await moment.passes()
    await release(shop, held)
    return purchase


async def while_confirming(shop: Shop, shopper: Shopper, moment: Moment) -> Purchase:
    """The order was paid this instant: stock, events and mail are under way."""
    purchase = await place(shopper, await shopper.order_request())
    await moment.comes()
    await pay(shopper, purchase)
    await moment.strikes()
    return purchase


async def while_refunding(shop: Shop, shopper: Shopper, moment: Moment) -> Purchase:
    """The confirmed order is canceled, and Stripe's answer to our refund is on its way."""
    purchase = await place(shopper, await shopper.order_request())
    await pay(shopper, purchase)
    await shopper.until(purchase, "CONFIRMED")
    refund = Match(method="POST", path="/v1/refunds", metadata={"order_id": purchase.id})
    held = await shop.stripe.hold(refund, when="after")
    await shopper.cancel(purchase)
    await shop.stripe.until_held(held)
    await moment.passes()
    await release(shop, held)
    return purchase


async def assert_bought_exactly_once(shop: Shop, shopper: Shopper, purchase: Purchase, variant: Variant) -> None:
    """In the end; whatever happened in between."""
    await insisting(lambda: shopper.until(purchase, "CONFIRMED", WITHIN_S), "the order to be confirmed")
    await shopper.mail(purchase.confirmed, WITHIN_S)
    (charge,) = await shop.charges(purchase.id)
    assert charge["amount_refunded"] == 0
    await shop.settled_stock(variant, Stock(received=5, free=3, reserved=0, sold=2))
    await assert_said_once(shop, shopper, purchase, "order_confirmed")


async def assert_given_back_exactly_once(shop: Shop, shopper: Shopper, purchase: Purchase, variant: Variant) -> None:
    """All of the money and all of the stock, once."""
    total = cents(purchase.answer["order"]["totals"]["total"])

    async def refunded() -> bool:
        order = await shopper.order(purchase)
        return order["state"] == "ORDER_STATE_CANCELED" and "refunded" in order and cents(order["refunded"]) == total

    await insisting(refunded, "the order to show its refund")
    await shopper.mail(purchase.refunded, WITHIN_S)
    (charge,) = await shop.charges(purchase.id)
    assert charge["amount_refunded"] == total
    await shop.settled_stock(variant, Stock(received=5, free=5, reserved=0, sold=0))
    await assert_said_once(shop, shopper, purchase, "order_refunded")


async def assert_said_once(shop: Shop, shopper: Shopper, purchase: Purchase, template: str) -> None:
    """The cart is empty, and there is one order and one message of this kind, when everything else is over."""

    async def emptied() -> bool:
        return not await shopper.quantities()

    await insisting(emptied, "the cart to be empty")
    placements = "select count(*)::int as orders from order_contacts where email = %s"
    assert await shop.row("order", placements, shopper.email) == {"orders": 1}
    messages = "select count(*)::int as messages from deliveries where subject_id = %s and template = %s"
    assert await shop.row("notify", messages, purchase.id, template) == {"messages": 1}


POINTS: dict[Point, Callable[[Shop, Shopper, Purchase, Variant], Awaitable[None]]] = {
    while_placing: assert_bought_exactly_once,
    before_paying: assert_bought_exactly_once,
    before_the_webhook: assert_bought_exactly_once,
    while_confirming: assert_bought_exactly_once,
    while_refunding: assert_given_back_exactly_once,
}


@pytest.mark.parametrize("part", PARTS)
async def test_purchases_at_every_point_survive_the_kill_of_any_part(shop: Shop, part: str) -> None:
    variants = [await shop.variant(stock=5) for _ in POINTS]
    async with AsyncExitStack() as stack:
        guests = [await stack.enter_async_context(Shopper(shop)) for _ in POINTS]
        for guest, variant in zip(guests, variants, strict=True):
            await guest.add(variant, 2)
        async with killing(shop, part) as kill, asyncio.TaskGroup() as group:
            moment = Moment(len(POINTS), kill)
            ways = [group.create_task(point(shop, guest, moment)) for point, guest in zip(POINTS, guests, strict=True)]
        purchases = [way.result() for way in ways]
        for check, guest, purchase, variant in zip(POINTS.values(), guests, purchases, variants, strict=True):
            await check(shop, guest, purchase, variant)
