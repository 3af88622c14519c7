"""Obligations: the money of an order that ends goes back, once, whatever Stripe does."""

import asyncio

import pytest
from shopmesh.payment.v1.payment_events_pb2 import PaymentRefunded

from deploy.local.stripe.control import Match
from services.chassis.money import Money
from services.payment.domain.payment import Cause, RefundState
from tests.payment.conftest import Shop
from tests.waiting import eventually

pytestmark = pytest.mark.stack
REFUNDS = "/v1/refunds"


async def paid(shop: Shop, number: str = "4242424242424242") -> None:
    await shop.create()
    await shop.pay(number)
    await shop.until_events("PaymentSucceeded")


def refunding(shop: Shop) -> Match:
    """Matches this order's refund requests."""
    return Match(method="POST", path=REFUNDS, metadata={"order_id": shop.order_id})


async def refunded(shop: Shop) -> Money:
    return (await shop.payment()).refunded


@pytest.mark.parametrize("cause", [Cause.ORDER_REJECTED, Cause.ORDER_CANCELED])
async def test_an_order_that_ends_gets_its_money_back(shop: Shop, cause: Cause) -> None:
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, cause)
    _, event = await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    assert isinstance(event, PaymentRefunded)
    assert (event.cause, event.amount.units, event.refunded.units) == (cause.value, 25, 25)
    await shop.until_fulfilled(cause)


async def test_two_causes_at_once_give_the_money_back_once(shop: Shop) -> None:
    await paid(shop)
    causes = (Cause.ORDER_REJECTED, Cause.ORDER_CANCELED, Cause.ORDER_CANCELED)
    await asyncio.gather(*(shop.core.refunding.oblige(shop.order_id, cause) for cause in causes))
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    await shop.hurry()
    await shop.until_fulfilled("ORDER_REJECTED")
    await shop.until_fulfilled("ORDER_CANCELED")
    assert len(await shop.events()) == 2
    assert sorted(row["cause"] for row in await shop.obligations()) == ["ORDER_CANCELED", "ORDER_REJECTED"]


async def test_a_refund_that_stays_pending_is_told_when_it_arrives(shop: Shop) -> None:
    await shop.control.keep_refunds_pending(shop.mine)
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)

    async def known() -> bool:
        return any(refund.provider_id for refund in (await shop.payment()).refunds)

    await eventually(known, "the refund")
    (refund,) = (await shop.payment()).refunds
    assert refund.state is RefundState.PENDING
    await shop.control.succeed_refund(refund.provider_id)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    await shop.hurry()
    await shop.until_fulfilled("ORDER_CANCELED")


async def test_a_refund_that_fails_later_is_made_again(shop: Shop) -> None:
    await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    (refund,) = (await shop.payment()).refunds
    await shop.control.fail_refund(refund.provider_id)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded", "PaymentRefundFailed", "PaymentRefunded")
    await shop.until_fulfilled("ORDER_CANCELED")
    assert [each.state for each in (await shop.payment()).refunds] == [RefundState.FAILED, RefundState.SUCCEEDED]
    assert await refunded(shop) == Money(2500, "EUR")


async def test_a_server_error_in_the_middle_of_a_refund_refunds_once(shop: Shop) -> None:
    await paid(shop)
    await shop.control.fail(refunding(shop), when="after", stored=True)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    await shop.until_fulfilled("ORDER_CANCELED")
    assert [refund.state for refund in (await shop.payment()).refunds] == [RefundState.SUCCEEDED]


async def test_a_refund_that_stripe_never_made_is_numbered_anew(shop: Shop) -> None:
    await paid(shop)
    await shop.control.fail(refunding(shop), when="before", stored=True)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    await shop.until_fulfilled("ORDER_CANCELED")
    refunds = (await shop.payment()).refunds
    assert [(each.number, each.state) for each in refunds] == [(1, RefundState.FAILED), (2, RefundState.SUCCEEDED)]


async def test_a_refund_made_at_stripe_is_recorded_and_the_rest_goes_back(shop: Shop) -> None:
    await paid(shop)
    intent_id = (await shop.payment()).attempts[0].intent_id
    await shop.control.refund(intent_id, amount=1000)
    _, first = await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    assert isinstance(first, PaymentRefunded)
    assert (first.cause, first.amount.units) == ("PROVIDER", 10)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    _, _, second = await shop.until_events("PaymentSucceeded", "PaymentRefunded", "PaymentRefunded")
    assert isinstance(second, PaymentRefunded)
    assert (second.amount.units, second.refunded.units) == (15, 25)


async def test_what_a_bank_took_back_is_recorded_and_not_refunded_as_well(shop: Shop) -> None:
    await paid(shop)
    await shop.control.dispute((await shop.payment()).attempts[0].intent_id)

    async def disputed() -> bool:
        return bool((await shop.payment()).disputes)

    await eventually(disputed, "the dispute")
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    assert (await shop.payment()).refunds == ()


async def test_an_obligation_of_an_order_that_never_had_a_payment_ends(shop: Shop) -> None:
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)

    async def done() -> bool:
        return not await shop.waiting()

    await eventually(done, "the task to end")
