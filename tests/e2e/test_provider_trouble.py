"""Stripe answers with errors or not at all: what was accepted goes on, and nobody pays twice."""

import pytest

from deploy.local.stripe.control import Match, When
from tests.e2e.api import Refused, cents
from tests.e2e.shop import Shop
from tests.e2e.shopper import EMBEDDED, HOSTED, Purchase, Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack
PATHS = {HOSTED: "/v1/checkout/sessions", EMBEDDED: "/v1/payment_intents"}
FAULTS = [("before", False), ("after", False), ("before", True), ("after", True)]


@pytest.mark.parametrize(("when", "stored"), FAULTS)
@pytest.mark.parametrize("flow", [HOSTED, EMBEDDED])
async def test_a_server_error_while_the_payment_is_opened_ends_in_one_charge(
    shop: Shop, flow: str, when: When, stored: bool
) -> None:
    variant = await shop.variant(price=817)
    async with Shopper(shop) as guest:
        await guest.add(variant)
        text = guest.name if flow == HOSTED else "amount=817"
        await shop.stripe.fail(Match(method="POST", path=PATHS[flow], text=text), when=when, stored=stored)
        request = await guest.order_request(flow)

        async def placed() -> Purchase | None:
            try:
                return await guest.place(request=request)
            except Refused as refused:
                if refused.status == 503:
                    return None
                raise

        purchase = await eventually(placed, "the payment to be opened")
        await (guest.pay(purchase) if flow == HOSTED else guest.confirm(purchase))
        await guest.until(purchase, "CONFIRMED")
        assert len(await shop.charges(purchase.id)) == 1


@pytest.mark.parametrize(("when", "stored"), FAULTS)
async def test_a_server_error_while_money_goes_back_ends_in_one_refund(shop: Shop, when: When, stored: bool) -> None:
    variant = await shop.variant(price=640)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        refund = Match(method="POST", path="/v1/refunds", metadata={"order_id": purchase.id})
        await shop.stripe.fail(refund, when=when, stored=stored)
        await guest.cancel(purchase)

        async def refunded() -> bool:
            order = await guest.order(purchase)
            return "refunded" in order and cents(order["refunded"]) == 640

        await eventually(refunded, "the refund")
        (charge,) = await shop.charges(purchase.id)
        assert charge["amount_refunded"] == 640
        await guest.mail(purchase.refunded)


async def test_a_refund_made_on_the_providers_side_shows_on_the_order(shop: Shop) -> None:
    variant = await shop.variant(price=2000)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        (charge,) = await shop.charges(purchase.id)
        await shop.stripe.refund(charge["payment_intent"], amount=500)

        async def shown() -> bool:
            order = await guest.order(purchase)
            return "refunded" in order and cents(order["refunded"]) == 500

        await eventually(shown, "the refund of a part")
        assert (await guest.order(purchase))["state"] == "ORDER_STATE_CONFIRMED"
        await guest.mail(purchase.refunded)
        await guest.cancel(purchase)

        async def all_back() -> bool:
            return cents((await guest.order(purchase))["refunded"]) == 2000

        await eventually(all_back, "the rest of the refund")
