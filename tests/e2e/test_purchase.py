"""Buying: guest and customer, on the hosted page and embedded, with webhooks as good and as bad as they come."""

import pytest

from tests.e2e.api import Json, cents
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import DECLINED_CARD, EMBEDDED, POOR_CARD, Purchase, Shopper, html_of, text_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def assert_bought_once(shop: Shop, shopper: Shopper, purchase: Purchase) -> None:
    """Confirmed, charged once for the right amount, and said so in one e-mail."""
    order = await shopper.until(purchase, "CONFIRMED")
    mail = await shopper.mail(purchase.confirmed)
    charges = await shop.charges(purchase.id)
    assert [charge["amount"] for charge in charges] == [cents(order["totals"]["total"])]
    assert mail["To"].addresses[0].addr_spec == shopper.email


async def notices(shop: Shop, purchase: Purchase) -> list[Json]:
    """The notices about a purchase that payment has stored, the oldest first: id, type."""
    statement = "select id, type from notices where event::text like '%%' || %s || '%%' order by receive_time"
    return await shop.rows("payment", statement, purchase.id)


async def test_a_guest_buys_on_the_hosted_page_and_gets_the_confirmation(shop: Shop) -> None:
    variant = await shop.variant(price=1250, stock=10)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=2)
        assert purchase.answer["order"]["state"] == "ORDER_STATE_PLACED"
        assert cents(purchase.answer["order"]["totals"]["total"]) == 2500
        assert await shop.stock(variant) == Stock(received=10, free=8, reserved=2, sold=0)
        paid = await guest.pay(purchase)
        assert paid["redirect"] == f"{shop.url}/thanks?{purchase.id}"
        await assert_bought_once(shop, guest, purchase)
        assert await shop.stock(variant) == Stock(received=10, free=8, reserved=0, sold=2)
        mail = await guest.mail(purchase.confirmed)
        for body in (text_of(mail), html_of(mail)):
            assert variant.sku in body
            assert "25.00" in body


async def test_a_customer_buys_from_their_own_cart(shop: Shop) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.mail("Welcome to Shopmesh")
        purchase = await customer.buy(variant)
        assert purchase.answer["order"]["userId"] == customer.user["id"]
        await customer.pay(purchase)
        await assert_bought_once(shop, customer, purchase)
        payment = await customer.payment(purchase)
        assert payment["state"] == "PAYMENT_STATE_SUCCEEDED"
        assert payment["captured"] == payment["amount"]


async def test_a_guest_pays_in_the_embedded_form(shop: Shop) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, flow=EMBEDDED)
        assert purchase.answer["clientSecret"]
        assert not purchase.answer["checkoutUrl"]
        intent = await guest.confirm(purchase)
        assert intent["status"] == "succeeded"
        await assert_bought_once(shop, guest, purchase)


async def test_a_card_that_asks_for_authentication_pays_after_it(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        asked = await guest.pay(purchase, "4000002500003155")
        await shop.stripe.authenticate(asked["redirect"])
        await assert_bought_once(shop, guest, purchase)


async def test_with_the_webhook_lost_verifying_the_payment_confirms_the_order(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await shop.stripe.lose(shop.about(purchase.id))
        await guest.pay(purchase)
        assert (await guest.order(purchase))["state"] == "ORDER_STATE_PLACED"
        assert (await guest.verify(purchase))["state"] == "PAYMENT_STATE_SUCCEEDED"
        assert (await guest.verify(purchase))["state"] == "PAYMENT_STATE_SUCCEEDED"
        await assert_bought_once(shop, guest, purchase)


async def test_webhooks_delivered_several_times_confirm_once(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await shop.stripe.duplicate(shop.about(purchase.id), copies=4)
        await guest.pay(purchase)
        await assert_bought_once(shop, guest, purchase)


async def test_webhooks_in_the_reverse_order_confirm_once(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, flow=EMBEDDED)
        await shop.stripe.reorder(shop.about(purchase.id), count=4)
        await guest.confirm(purchase, "pm_card_chargeDeclined")
        await guest.confirm(purchase)
        await assert_bought_once(shop, guest, purchase)

        async def both() -> list[str] | None:
            types = [each["type"] for each in await notices(shop, purchase)]
            return types if {"payment_intent.succeeded", "payment_intent.payment_failed"} <= set(types) else None

        noticed = await eventually(both, "both notices")
        assert noticed.index("payment_intent.succeeded") < noticed.index("payment_intent.payment_failed")


async def test_a_webhook_that_comes_late_still_confirms(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        held = await shop.stripe.hold_webhooks(shop.about(purchase.id))
        await guest.pay(purchase)
        await shop.stripe.until_held(held)
        assert (await guest.order(purchase))["state"] == "ORDER_STATE_PLACED"
        await shop.stripe.release(held)
        await assert_bought_once(shop, guest, purchase)


async def test_a_webhook_repeated_after_all_is_done_changes_nothing(shop: Shop) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.pay(purchase)
        before = await guest.until(purchase, "CONFIRMED")
        all_notices = await notices(shop, purchase)
        for notice in all_notices:
            await shop.stripe.redeliver(notice["id"])

        async def delivered_again_and_handled() -> bool:
            told = [each for notice in all_notices for each in await shop.stripe.deliveries(notice["id"])]
            waiting = "select key from tasks where kind = 'handle-notice' and key = any(%s)"
            ids_ = [notice["id"] for notice in all_notices]
            done = len(told) == 2 * len(ids_) and all(each["state"] == "delivered" for each in told)
            return done and await shop.row("payment", waiting, ids_) is None

        await eventually(delivered_again_and_handled, "the repeated webhooks")
        assert await guest.order(purchase) == before
        assert await shop.stock(variant) == Stock(received=3, free=2, reserved=0, sold=1)


@pytest.mark.parametrize(("card", "code"), [(DECLINED_CARD, "card_declined"), (POOR_CARD, "insufficient_funds")])
async def test_a_declined_customer_learns_why_and_can_still_pay(shop: Shop, card: str, code: str) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        assert (await guest.pay(purchase, card))["error"]
        mail = await guest.mail(purchase.declined)
        payment = await guest.payment(purchase)
        assert payment["state"] == "PAYMENT_STATE_OPEN"
        assert code in payment["lastDecline"]["code"]
        assert payment["lastDecline"]["message"] in text_of(mail)
        assert purchase.answer["checkoutUrl"] in text_of(mail)
        await guest.pay(purchase)
        await assert_bought_once(shop, guest, purchase)


async def test_an_embedded_payment_that_was_declined_can_still_be_made(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, flow=EMBEDDED)
        await guest.confirm(purchase, "pm_card_chargeDeclined")
        await guest.mail(purchase.declined)
        await guest.confirm(purchase)
        await assert_bought_once(shop, guest, purchase)
