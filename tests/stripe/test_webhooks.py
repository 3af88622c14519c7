"""Webhooks: signed, repeated until taken, and every way the switches bend them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building
from tests.stripe.running import NEXT_SECRET, SECRET, Receiver
from tests.waiting import eventually, until

pytestmark = pytest.mark.stack


@pytest.fixture
def busy(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver, which answers 503 until the test says otherwise."""
    receiver.status = 503
    yield receiver
    receiver.status = 200


async def created(client: stripe.StripeClient, payment_id: str) -> stripe.Event:
    """The listed event that the payment's intent was made."""
    listed = await client.v1.events.list_async({"type": "payment_intent.created", "limit": 100})
    return next(item for item in listed.data if payment_id in str(item))


async def delivered(control: StripeControl, event_id: str) -> dict[str, Any]:
    """The event's only delivery, once it was taken."""

    async def look() -> dict[str, Any] | None:
        (delivery,) = await control.deliveries(event_id)
        return delivery if delivery["state"] == "delivered" else None

    return await eventually(look, f"{event_id} to be delivered")


async def test_both_secrets_of_a_rotation_sign_and_the_payload_is_the_listed_event(
    client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    await client.v1.payment_intents.create_async(building.intent(payment_id), {"idempotency_key": payment_id})
    (notice,) = await receiver.wait_types(payment_id, "payment_intent.created")
    for secret in (SECRET, NEXT_SECRET):
        stripe.Webhook.construct_event(notice.payload, notice.headers["Stripe-Signature"], secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(notice.payload, notice.headers["Stripe-Signature"], "whsec_other")
    listed = await client.v1.events.retrieve_async(notice.event.id)
    assert listed.to_dict() == notice.event.to_dict()
    assert listed.request
    assert listed.request.idempotency_key == payment_id
    assert listed.api_version == stripe.api_version


async def test_events_are_listed_by_type_and_time(client: stripe.StripeClient, payment_id: str) -> None:
    made = await client.v1.payment_intents.create_async(
        building.intent(payment_id, payment_method="pm_card_visa", confirm=True)
    )
    own = {"charge.succeeded", "payment_intent.succeeded"}
    listed = await client.v1.events.list_async({"created": {"gte": made.created}, "types": list(own), "limit": 100})
    assert {item.type for item in listed.data if payment_id in str(item)} == own
    wild = await client.v1.events.list_async({"type": "charge.*", "limit": 100})
    assert {item.type.split(".")[0] for item in wild.data} == {"charge"}


async def test_a_webhook_is_sent_again_until_it_is_taken(
    client: stripe.StripeClient, control: StripeControl, busy: Receiver, payment_id: str
) -> None:
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    event = await created(client, payment_id)

    async def refused_twice() -> bool:
        (delivery,) = await control.deliveries(event.id)
        return int(delivery["attempts"]) >= 2

    await eventually(refused_twice, "two refused attempts")
    assert not busy.about(payment_id)
    busy.status = 200
    taken = await delivered(control, event.id)
    assert taken["attempts"] >= 3
    assert [notice.event.id for notice in busy.about(payment_id)] == [event.id]


async def test_an_event_is_delivered_as_often_as_asked(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    await control.duplicate(mine, copies=3)
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    await until(lambda: len(receiver.about(payment_id)) == 3, "three copies")
    assert len({notice.event.id for notice in receiver.about(payment_id)}) == 1


async def test_events_are_delivered_in_the_reverse_order(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    await control.reorder(mine, count=3)
    await client.v1.payment_intents.create_async(
        building.intent(payment_id, payment_method="pm_card_visa", confirm=True)
    )
    await receiver.wait_types(payment_id, "payment_intent.created")
    assert receiver.types(payment_id) == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


async def test_held_events_come_when_they_are_released(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    succeeded = Match(type="payment_intent.succeeded", metadata=mine.metadata)
    switch = await control.hold_webhooks(succeeded)
    await client.v1.payment_intents.create_async(
        building.intent(payment_id, payment_method="pm_card_visa", confirm=True)
    )
    await control.until_held(switch)
    await receiver.wait_types(payment_id, "payment_intent.created", "charge.succeeded")
    assert "payment_intent.succeeded" not in receiver.types(payment_id)
    await control.release(switch)
    await receiver.wait_types(payment_id, "payment_intent.succeeded")


async def test_a_lost_event_is_only_in_the_list_and_can_be_delivered_again(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    await control.lose(mine)
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    lost = await created(client, payment_id)
    assert [delivery["state"] for delivery in await control.deliveries(lost.id)] == ["lost"]
    assert lost.id in {delivery["event_id"] for delivery in await control.deliveries(state="lost")}
    assert {delivery["state"] for delivery in await control.deliveries(state="lost")} == {"lost"}
    assert await control.deliveries(lost.id, state="delivered") == []
    assert not receiver.about(payment_id)
    await control.redeliver(lost.id)
    await receiver.wait_types(payment_id, "payment_intent.created")


async def test_a_delayed_event_comes_when_its_delay_is_over(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    await control.delay(mine, seconds=0.5)
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    delivery = await delivered(control, (await created(client, payment_id)).id)
    assert delivery["due_at"] == pytest.approx(delivery["created"] + 0.5)
    (notice,) = receiver.about(payment_id)
    assert notice.at >= delivery["due_at"]


async def test_an_address_that_is_none_is_refused_and_the_old_one_stays(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        await control.point_webhooks_at("shop.example/webhooks", SECRET)
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    await receiver.wait_types(payment_id, "payment_intent.created")


async def test_events_of_the_page_blame_no_request(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))
    await control.pay(str(session.url))
    notices = await receiver.wait_types(payment_id, "checkout.session.completed")
    completed = next(notice.event for notice in notices if notice.event.type == "checkout.session.completed")
    assert completed.request
    assert completed.request.id is None
