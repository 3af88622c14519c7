"""Refunds, those that fail or wait, those made on Stripe's side, and disputes."""

import pytest
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building, requests_made
from tests.stripe.running import Receiver

pytestmark = pytest.mark.stack


async def paid(client: stripe.StripeClient, payment_id: str, token: str = "pm_card_visa") -> str:
    """The id of an intent that took 25.00 EUR."""
    params = building.intent(payment_id, payment_method=token, confirm=True)
    return (await client.v1.payment_intents.create_async(params)).id


async def refunded(client: stripe.StripeClient, intent: str) -> int:
    """What the charge says was refunded."""
    found = await client.v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})
    assert isinstance(found.latest_charge, stripe.Charge)
    return found.latest_charge.amount_refunded


async def test_parts_are_refunded_up_to_what_was_captured(
    client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    intent = await paid(client, payment_id)
    first = await client.v1.refunds.create_async(requests_made.create_refund(intent, 1000))  # type: ignore[arg-type]
    assert (first.status, first.amount) == ("succeeded", 1000)
    assert first.metadata
    assert first.metadata["refund_id"] == "ref_1"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await client.v1.refunds.create_async({"payment_intent": intent, "amount": 1501})
    rest = await client.v1.refunds.create_async({"payment_intent": intent})
    assert rest.amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"payment_intent": intent})
    assert refusal.value.code == "charge_already_refunded"
    listed = await client.v1.refunds.list_async({"payment_intent": intent})
    assert [item.id for item in listed.data] == [rest.id, first.id]
    await receiver.wait_types(intent, "charge.refunded", "refund.created")


async def test_a_refund_that_fails_later_gives_the_amount_back(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    intent = await paid(client, payment_id)
    refund = await client.v1.refunds.create_async({"payment_intent": intent})
    failed = await control.fail_refund(refund.id)
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert await refunded(client, intent) == 0
    notices = await receiver.wait_types(intent, "refund.failed", "refund.updated", "charge.refund.updated")
    updated = next(notice.event for notice in notices if notice.event.type == "refund.updated")
    assert updated.to_dict()["data"]["previous_attributes"] == {"status": "succeeded", "failure_reason": None}
    again = await client.v1.refunds.create_async({"payment_intent": intent})
    assert (again.status, again.amount) == ("succeeded", 2500)


async def test_the_failing_card_s_refund_succeeds_first(
    client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    intent = await paid(client, payment_id, "pm_card_refundFail")
    refund = await client.v1.refunds.create_async({"payment_intent": intent})
    assert refund.status == "succeeded"
    await receiver.wait_types(intent, "refund.failed")
    assert (await client.v1.refunds.retrieve_async(refund.id)).status == "failed"


async def test_a_refund_stays_pending_until_it_arrives(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    intent = await paid(client, payment_id)
    await control.keep_refunds_pending(mine)
    refund = await client.v1.refunds.create_async({"payment_intent": intent})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert await refunded(client, intent) == 2500, "a pending refund can't be spent twice"
    assert (await control.succeed_refund(refund.id))["status"] == "succeeded"


async def test_staff_refund_on_stripe_s_side(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    intent = await paid(client, payment_id)
    await control.refund(intent, amount=700)
    notices = await receiver.wait_types(intent, "charge.refunded")
    charge = next(notice.event.data.object for notice in notices if notice.event.type == "charge.refunded")
    assert (charge["amount_refunded"], charge["refunded"]) == (700, False)
    listed = await client.v1.refunds.list_async({"payment_intent": intent})
    assert [item.amount for item in listed.data] == [700]


async def test_a_dispute_is_announced_and_stops_refunds(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    intent = await paid(client, payment_id)
    await control.dispute(intent, reason="product_not_received")
    await receiver.wait_types(intent, "charge.dispute.created")
    found = await client.v1.disputes.list_async({"payment_intent": intent})
    assert [(item.amount, item.reason, item.status) for item in found.data] == [
        (2500, "product_not_received", "needs_response")
    ]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"payment_intent": intent})
    assert refusal.value.code == "charge_disputed"


async def test_an_unpaid_intent_has_nothing_to_refund(client: stripe.StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        await client.v1.refunds.create_async({"payment_intent": intent.id})
