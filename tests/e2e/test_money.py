"""Money that comes too late, twice, wrongly or undecided: it pays the order once, or it goes back by itself."""

import asyncio

import pytest

from deploy.local.stripe.control import Match
from tests.e2e.api import Json, Refused, cents, request_id
from tests.e2e.outages import away
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Purchase, Shopper, text_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def stray_page(shop: Shop, guest: Shopper, purchase: Purchase, amount: int) -> str:
    """The page of a session for this order that the shop doesn't know of."""
    payment = await guest.payment(purchase)
    return await shop.stray_session(purchase.id, payment["id"], amount)


async def until_refunded(guest: Shopper, purchase: Purchase, amount: int) -> Json:
    """The order once this much went back, and its e-mail came."""

    async def look() -> Json | None:
        order = await guest.order(purchase)
        return order if "refunded" in order and cents(order["refunded"]) == amount else None

    order = await eventually(look, f"a refund of {amount} for {purchase.id}")
    assert f"{amount / 100:.2f}" in text_of(await guest.mail(purchase.refunded))
    return order


async def kept(shop: Shop, purchase: Purchase) -> list[tuple[int, int]]:
    """What was charged for the order and what of it went back, by charge."""
    return sorted((each["amount"], each["amount_refunded"]) for each in await shop.charges(purchase.id))


async def until_payment(guest: Shopper, purchase: Purchase, state: str) -> None:
    async def look() -> bool:
        return bool((await guest.payment(purchase))["state"] == f"PAYMENT_STATE_{state}")

    await eventually(look, f"the payment of {purchase.id} to be {state}")


async def test_money_that_comes_after_the_order_expired_goes_back(shop: Shop) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        page = await stray_page(shop, guest, purchase, 2300)
        await shop.make_due("order", "deadline", purchase.id)
        await guest.until(purchase, "EXPIRED")
        await shop.stripe.pay(page, email=guest.email)
        order = await until_refunded(guest, purchase, 2300)
        assert order["state"] == "ORDER_STATE_EXPIRED"
        assert await kept(shop, purchase) == [(2300, 2300)]
        assert (await guest.payment(purchase))["state"] == "PAYMENT_STATE_CLOSED"
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))
        assert await guest.mails(purchase.confirmed) == []


async def test_a_wrong_amount_pays_nothing_and_goes_back(shop: Shop) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await shop.stripe.pay(await stray_page(shop, guest, purchase, 2299), email=guest.email)
        order = await until_refunded(guest, purchase, 2299)
        assert order["state"] == "ORDER_STATE_PLACED"
        assert (await guest.payment(purchase))["state"] == "PAYMENT_STATE_CLOSED"
        await shop.make_due("order", "deadline", purchase.id)
        await guest.until(purchase, "EXPIRED")
        assert await kept(shop, purchase) == [(2299, 2299)]
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))
        assert await guest.mails(purchase.confirmed) == []


async def test_of_an_order_paid_twice_the_second_payment_goes_back(shop: Shop) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        page = await stray_page(shop, guest, purchase, 2300)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await shop.stripe.pay(page, email=guest.email)
        order = await until_refunded(guest, purchase, 2300)
        assert order["state"] == "ORDER_STATE_CONFIRMED"
        assert await kept(shop, purchase) == [(2300, 0), (2300, 2300)]
        assert await shop.stock(variant) == Stock(received=2, free=1, reserved=0, sold=1)


@pytest.mark.parametrize("ending", ["cancel", "expire"])
@pytest.mark.parametrize("succeeds", [True, False])
async def test_an_order_ends_only_once_its_bank_has_decided(shop: Shop, ending: str, succeeds: bool) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await shop.stripe.settle_later(shop.about(purchase.id))
        await guest.pay(purchase)
        if ending == "cancel":
            await guest.cancel(purchase)
        else:
            await shop.make_due("order", "deadline", purchase.id)
        await until_payment(guest, purchase, "CLOSING")
        assert (await guest.order(purchase))["state"] == "ORDER_STATE_PLACED"
        (intent,) = await shop.intents(purchase.id)
        await shop.stripe.settle_payment(intent, succeed=succeeds)
        if succeeds and ending == "expire":
            await guest.until(purchase, "CONFIRMED")
            assert await kept(shop, purchase) == [(2300, 0)]
            return
        await guest.until(purchase, "EXPIRED" if ending == "expire" else "CANCELED")
        if succeeds:
            await until_refunded(guest, purchase, 2300)
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))


async def test_a_cancellation_while_the_payment_page_is_being_made_leaves_no_page(shop: Shop) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.add(variant)
        making = Match(method="POST", path="/v1/checkout/sessions", text=customer.name)
        held = await shop.stripe.hold(making)
        placing = asyncio.create_task(customer.place())
        await shop.stripe.until_held(held)
        order_id = await only_order(customer)
        answer = await customer.api.post(f"/api/v1/orders/{order_id}:cancel", {"requestId": request_id()})
        assert answer["cancelRequested"]
        await shop.stripe.release(held)
        purchase = await placing
        assert purchase.id == order_id
        await customer.until(purchase, "CANCELED")
        assert [each["status"] for each in await shop.sessions(order_id)] == ["expired"]
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))


async def test_an_order_whose_page_may_or_may_not_exist_expires_and_leaves_none(shop: Shop) -> None:
    variant = await shop.variant(price=2300, stock=2)
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.add(variant)
        making = Match(method="POST", path="/v1/checkout/sessions", text=customer.name)
        failing = await shop.stripe.fail(making, count=1000, status=503)
        with pytest.raises(Refused) as refused:
            await customer.place()
        assert refused.value.status in (503, 504)
        order_id = await only_order(customer)
        await shop.make_due("order", "deadline", order_id)
        await shop.stripe.release(failing)

        async def expired() -> bool:
            return bool((await customer.api.get(f"/api/v1/orders/{order_id}"))["state"] == "ORDER_STATE_EXPIRED")

        await eventually(expired, f"{order_id} to expire")
        assert [each["status"] for each in await shop.sessions(order_id)] == ["expired"]
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))


async def only_order(customer: Shopper) -> str:
    """The id of the customer's one order, by their list."""

    async def look() -> str:
        orders = (await customer.api.get("/api/v1/me/orders"))["orders"]
        return str(orders[0]["id"]) if orders else ""

    return await eventually(look, "the order in the list")


async def test_an_order_paid_while_the_catalog_is_away_is_confirmed_when_it_is_back(shop: Shop) -> None:
    variant = await shop.variant(stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        async with away(shop, "catalog"):
            await guest.pay(purchase)
            await guest.until(purchase, "PAID")
        await guest.until(purchase, "CONFIRMED")
        assert await shop.stock(variant) == Stock(received=2, free=1, reserved=0, sold=1)
        assert len(await kept(shop, purchase)) == 1


async def test_with_every_notice_lost_the_reconciler_confirms_the_order(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await shop.stripe.lose(shop.about(purchase.id))
        await guest.pay(purchase)
        await shop.make_due("payment", "sweep-events", "")
        await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.confirmed)


async def test_a_refund_that_comes_back_is_made_again_and_counts_once(shop: Shop) -> None:
    variant = await shop.variant(price=2300)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await guest.cancel(purchase)
        version = (await until_refunded(guest, purchase, 2300))["version"]
        (intent,) = await shop.intents(purchase.id)
        (refund,) = (await shop.from_stripe("/v1/refunds", payment_intent=intent))["data"]
        await shop.stripe.fail_refund(refund["id"])

        async def recorded() -> Json | None:
            order = await guest.order(purchase)
            return order if int(order["version"]) == int(version) + 2 else None  # it came back, and went again

        order = await eventually(recorded, "the second refund")
        assert cents(order["refunded"]) == 2300
        assert await kept(shop, purchase) == [(2300, 2300)]
