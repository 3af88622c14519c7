"""Orders that end otherwise: not paid in time, called off, or paid and not to be filled."""

import pytest

from services.chassis import ids
from tests.e2e.api import Json, Refused, cents
from tests.e2e.outages import away
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import EMBEDDED, HOSTED, Purchase, Shopper, text_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def refunded(shopper: Shopper, purchase: Purchase, amount: int) -> Json:
    """The order once the money went back; its e-mail came too."""

    async def look() -> Json | None:
        order = await shopper.order(purchase)
        return order if "refunded" in order and cents(order["refunded"]) == amount else None

    order = await eventually(look, f"a refund of {amount} for {purchase.id}")
    mail = await shopper.mail(purchase.refunded)
    assert f"{amount / 100:.2f}" in text_of(mail)
    return order


async def assert_payment_page_is_over(shop: Shop, purchase: Purchase) -> None:
    """The hosted page takes no card any more, and none was charged."""
    assert (await shop.stripe.pay(purchase.answer["checkoutUrl"]))["status"] == "expired"
    assert await shop.charges(purchase.id) == []


@pytest.mark.parametrize("flow", [HOSTED, EMBEDDED])
async def test_an_order_not_paid_in_time_expires_and_gives_its_stock_back(shop: Shop, flow: str) -> None:
    variant = await shop.variant(stock=4)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=3, flow=flow)
        await shop.make_due("order", "deadline", purchase.id)
        await guest.until(purchase, "EXPIRED")
        await shop.settled_stock(variant, Stock(received=4, free=4, reserved=0, sold=0))
        assert (await guest.payment(purchase))["state"] == "PAYMENT_STATE_CLOSED"
        if flow == HOSTED:
            await assert_payment_page_is_over(shop, purchase)
        else:
            assert "error" in await guest.confirm(purchase)


async def test_stock_lapses_by_itself_only_after_the_order_could_be_paid(shop: Shop) -> None:
    async with Shopper(shop) as guest:
        order = ids.uuid_of((await guest.buy(await shop.variant())).id)
        reserved = await shop.row("catalog", "select expire_time from reservations where order_id = %s", order)
        payable = await shop.row("order", "select expire_time from order_streams where order_id = %s", order)
        assert reserved
        assert payable
        assert reserved["expire_time"] > payable["expire_time"]


async def test_an_order_paid_just_before_its_deadline_is_confirmed_not_expired(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        held = await shop.stripe.hold_webhooks(shop.about(purchase.id))
        await guest.pay(purchase)
        await shop.make_due("order", "deadline", purchase.id)
        await guest.until(purchase, "CONFIRMED")
        await shop.stripe.release(held)
        await guest.mail(purchase.confirmed)
        assert len(await shop.charges(purchase.id)) == 1


async def test_canceling_before_payment_closes_the_payment(shop: Shop) -> None:
    variant = await shop.variant(stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        assert (await guest.cancel(purchase))["cancelRequested"]
        order = await guest.until(purchase, "CANCELED")
        assert "refunded" not in order
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))
        assert (await guest.payment(purchase))["state"] == "PAYMENT_STATE_CLOSED"
        await assert_payment_page_is_over(shop, purchase)


async def test_canceling_a_confirmed_order_refunds_it_and_says_so(shop: Shop) -> None:
    variant = await shop.variant(price=1999, stock=2)
    async with Shopper(shop) as customer:
        await customer.register()
        purchase = await customer.buy(variant)
        await customer.pay(purchase)
        await customer.until(purchase, "CONFIRMED")
        assert (await customer.cancel(purchase))["state"] == "ORDER_STATE_CANCELED"
        order = await refunded(customer, purchase, 1999)
        assert order["state"] == "ORDER_STATE_CANCELED"
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))
        payment = await customer.payment(purchase)
        assert payment["refunded"] == payment["captured"]


async def test_canceling_while_the_sale_waits_for_the_catalog_sells_nothing_and_refunds(shop: Shop) -> None:
    variant = await shop.variant(price=1500, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        async with away(shop, "catalog"):
            await guest.pay(purchase)
            await guest.until(purchase, "PAID")
            assert (await guest.cancel(purchase))["state"] == "ORDER_STATE_CANCELED"
        await refunded(guest, purchase, 1500)
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))
        assert await guest.mails(purchase.confirmed) == []


async def test_canceling_while_the_payment_is_on_its_way_ends_in_a_refund(shop: Shop) -> None:
    variant = await shop.variant(price=700, stock=2)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        held = await shop.stripe.hold_webhooks(shop.about(purchase.id))
        await guest.pay(purchase)
        await guest.cancel(purchase)
        await guest.until(purchase, "CANCELED")
        await shop.stripe.release(held)
        await refunded(guest, purchase, 700)
        await shop.settled_stock(variant, Stock(received=2, free=2, reserved=0, sold=0))


async def test_canceling_twice_is_one_cancellation_and_an_expired_order_cannot_be_canceled(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.cancel(purchase)
        version = (await guest.until(purchase, "CANCELED"))["version"]
        assert (await guest.cancel(purchase))["version"] == version
        other = await guest.place()
        await shop.make_due("order", "deadline", other.id)
        await guest.until(other, "EXPIRED")
        with pytest.raises(Refused) as refused:
            await guest.cancel(other)
        assert (refused.value.status, refused.value.reason) == (400, "ORDER_NOT_CANCELABLE")


async def test_a_paid_order_that_cannot_be_filled_is_rejected_and_refunded_by_itself(shop: Shop) -> None:
    variant = await shop.variant(price=4200, stock=1)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await lapse(shop, purchase)
        await shop.settled_stock(variant, Stock(received=1, free=1, reserved=0, sold=0))
        await shop.adjust_stock(variant, -1)
        await guest.pay(purchase)
        order = await guest.until(purchase, "REJECTED")
        assert order["rejectReason"] == "INSUFFICIENT_STOCK"
        assert (await refunded(guest, purchase, 4200))["state"] == "ORDER_STATE_REJECTED"
        assert await shop.stock(variant) == Stock(received=0, free=0, reserved=0, sold=0)
        assert await guest.mails(purchase.confirmed) == []


async def test_a_lapsed_reservation_is_sold_from_free_stock(shop: Shop) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=2)
        await lapse(shop, purchase)
        await shop.settled_stock(variant, Stock(received=3, free=3, reserved=0, sold=0))
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        assert await shop.stock(variant) == Stock(received=3, free=1, reserved=0, sold=2)


async def lapse(shop: Shop, purchase: Purchase) -> None:
    """The order's reservation is over, and the sweeper looks."""
    statement = "update reservations set expire_time = now() where order_id = %s"
    await shop.row("catalog", statement, ids.uuid_of(purchase.id))
    await shop.make_due("catalog", "lapse-reservations", "")
