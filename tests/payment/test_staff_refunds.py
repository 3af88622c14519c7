"""What staff give back: sent by a task, told with their words, and never more than is there, whatever Stripe does."""

import asyncio

import pytest
from shopmesh.payment.v1.payment_events_pb2 import PaymentRefunded, PaymentRefundFailed

from deploy.local.stripe.control import Match
from services.chassis.errors import FailedPrecondition
from services.chassis.money import Money
from services.payment.domain.payment import Cause, Payment, Refund, RefundState
from services.payment.domain.requested import Wanted
from services.payment.ports import ProviderBusy
from tests.payment.building import bill, line
from tests.payment.conftest import Shop
from tests.waiting import eventually

pytestmark = pytest.mark.stack
REASON = "One came broken."


async def paid(shop: Shop) -> Payment:
    """Three units for 10.00 EUR, and 5.00 EUR of delivery."""
    three = line("Tea", quantity=3, total=Money(1000, "EUR"))
    shop.bill = bill(lines=(three,), shipping=Money(500, "EUR"), total=Money(1500, "EUR"))
    await shop.create()
    await shop.pay()
    await shop.until_events("PaymentSucceeded")
    return await shop.payment()


async def ask(shop: Shop, quantity: int = 0) -> Refund:
    """Staff give back units, or everything."""
    payment = await shop.payment()
    units = [Wanted(payment.lines[0].variant_id, quantity)] if quantity else []
    return await shop.core.refunding.request(payment, REASON, units)


async def states(shop: Shop) -> list[tuple[int, RefundState]]:
    return [(each.amount.amount, each.state) for each in (await shop.payment()).refunds]


async def until_states(shop: Shop, *expected: tuple[int, RefundState]) -> None:
    async def reached() -> bool:
        return await states(shop) == list(expected)

    await eventually(reached, f"{expected} of {shop.order_id}")


def refunding(shop: Shop) -> Match:
    """Matches this order's refund requests."""
    return Match(method="POST", path="/v1/refunds", metadata={"order_id": shop.order_id})


async def made_at_stripe(shop: Shop) -> list[int]:
    """What Stripe has of refunds."""
    intent = (await shop.payment()).attempts[0].intent_id
    return [each.amount for each in (await shop.stripe.v1.refunds.list_async({"payment_intent": intent})).data]


async def test_a_refund_by_line_is_sent_and_told_with_reason_and_units(shop: Shop) -> None:
    await paid(shop)
    refund = await ask(shop, 2)
    assert (refund.state, refund.amount) == (RefundState.PENDING, Money(667, "EUR"))
    _, event = await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    assert isinstance(event, PaymentRefunded)
    assert (event.refund_id, event.cause, event.reason) == (refund.id, "STAFF", REASON)
    (told,) = event.lines
    assert (told.title, told.quantity, told.amount.units, told.amount.nanos) == ("Tea", 2, 6, 670_000_000)
    await shop.until_fulfilled("STAFF")


async def test_staff_and_the_canceled_order_at_once_give_back_what_was_paid(shop: Shop) -> None:
    await paid(shop)
    asked = [ask(shop, 1) for _ in range(6)]
    *answers, _ = await asyncio.gather(
        *asked, shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, FailedPrecondition)]
    assert len(refused) >= 3, "there are three units"
    assert {each.reason for each in refused} <= {"REFUND_EXCEEDS_LINE", "REFUND_EXCEEDS_CAPTURE"}
    await shop.until_fulfilled("ORDER_CANCELED")
    payment = await shop.payment()
    assert payment.refunded == payment.captured == Money(1500, "EUR")
    assert sum(each.amount.amount for each in payment.refunds) == 1500


async def test_a_refund_that_stripe_refuses_fails_with_an_alarm_and_can_be_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms: list[str] = []
    await paid(shop)
    monkeypatch.setattr(shop.core.payments._alarms, "raise_alarm", lambda kind, **about: alarms.append(kind))
    await shop.control.fail(refunding(shop), when="before", status=400)
    await ask(shop, 1)
    await until_states(shop, (334, RefundState.FAILED))
    assert alarms == ["REFUND_FAILED"]
    assert (await shop.payment()).refunds[0].failure
    await ask(shop, 3)
    await until_states(shop, (334, RefundState.FAILED), (1000, RefundState.SUCCEEDED))


async def test_a_refund_whose_answer_was_lost_is_made_once(shop: Shop) -> None:
    await paid(shop)
    await shop.control.fail(refunding(shop), when="after")
    await ask(shop, 1)
    await until_states(shop, (334, RefundState.SUCCEEDED))
    assert await made_at_stripe(shop) == [334]


async def test_a_refund_that_is_sent_twice_at_once_is_made_once(shop: Shop) -> None:
    await paid(shop)
    held = await shop.control.hold(refunding(shop))
    await ask(shop, 1)
    await shop.control.until_held(held)
    with pytest.raises(ProviderBusy):
        await shop.core.refunding.give_back(shop.order_id, Cause.STAFF)
    await shop.control.release(held)
    await until_states(shop, (334, RefundState.SUCCEEDED))
    assert await made_at_stripe(shop) == [334]


async def test_a_refund_that_stripe_answers_with_an_error_for_good_is_looked_up(shop: Shop) -> None:
    await paid(shop)
    await shop.control.lose(shop.mine)
    await shop.control.fail(refunding(shop), when="after", stored=True)
    await ask(shop, 1)
    await until_states(shop, (334, RefundState.SUCCEEDED))
    assert await made_at_stripe(shop) == [334]


async def test_a_refund_that_comes_back_later_can_be_asked_for_again(shop: Shop) -> None:
    await paid(shop)
    await ask(shop, 3)
    await until_states(shop, (1000, RefundState.SUCCEEDED))
    await shop.control.fail_refund((await shop.payment()).refunds[0].provider_id)
    await until_states(shop, (1000, RefundState.FAILED))
    *_, told = await shop.until_events("PaymentSucceeded", "PaymentRefunded", "PaymentRefundFailed")
    assert isinstance(told, PaymentRefundFailed)
    assert (told.cause, told.amount.units, told.refunded.units) == ("STAFF", 10, 0)
    await ask(shop)
    await until_states(shop, (1000, RefundState.FAILED), (1500, RefundState.SUCCEEDED))


async def test_what_somebody_refunded_at_stripe_counts_before_staff_give_the_rest(shop: Shop) -> None:
    intent = (await paid(shop)).attempts[0].intent_id
    await shop.control.refund(intent, amount=1200)
    await until_states(shop, (1200, RefundState.SUCCEEDED))
    with pytest.raises(FailedPrecondition) as refused:
        await ask(shop, 3)
    assert refused.value.reason == "REFUND_EXCEEDS_CAPTURE"
    await ask(shop)
    await until_states(shop, (1200, RefundState.SUCCEEDED), (300, RefundState.SUCCEEDED))


async def test_what_somebody_refunded_at_stripe_unnoticed_is_not_given_twice(shop: Shop) -> None:
    intent = (await paid(shop)).attempts[0].intent_id
    await shop.control.lose(shop.mine)
    await shop.control.refund(intent, amount=1200)
    await ask(shop, 3)
    await until_states(shop, (1000, RefundState.FAILED), (1200, RefundState.SUCCEEDED))
    assert (await shop.payment()).refunded == Money(1200, "EUR")


async def test_a_disputed_payment_is_not_refunded_as_well(shop: Shop) -> None:
    intent = (await paid(shop)).attempts[0].intent_id
    await shop.control.dispute(intent)

    async def disputed() -> bool:
        return bool((await shop.payment()).disputes)

    await eventually(disputed, "the dispute")
    with pytest.raises(FailedPrecondition) as refused:
        await ask(shop)
    assert refused.value.reason == "NOTHING_TO_REFUND"
