"""Creating, paying and closing, against a real database and the Stripe stand-in."""

import asyncio

import pytest
from shopmesh.payment.v1.payment_events_pb2 import PaymentAttemptDeclined, PaymentClosed, PaymentSucceeded

from deploy.local.stripe.control import Match
from services.chassis.errors import FailedPrecondition
from services.chassis.money import Money
from services.payment.adapters import stripe_requests
from services.payment.domain.payment import AttemptState, Flow, State
from services.payment.ports import ProviderAway
from services.payment.use_cases.closing import CloseOutcome
from tests.payment.building import TRACE_ID, bill, line
from tests.payment.conftest import Shop
from tests.waiting import eventually

pytestmark = pytest.mark.stack
CREATE_SESSION = "/v1/checkout/sessions"


def creation(shop: Shop) -> Match:
    """Matches the request that makes this order's session."""
    return Match(method="POST", path=CREATE_SESSION, metadata={"order_id": shop.order_id})


async def test_a_repeat_answers_the_same_payment(shop: Shop) -> None:
    first = await shop.create()
    again = await asyncio.gather(*(shop.create() for _ in range(3)))
    assert {each.id for each in again} == {first.id}
    assert first.payable_attempt
    assert {each.payable_attempt and each.payable_attempt.checkout_url for each in again} == {
        first.payable_attempt.checkout_url
    }


async def test_creations_at_the_same_time_make_one_session(shop: Shop) -> None:
    made = await asyncio.gather(*(shop.create() for _ in range(5)))
    (payment,) = {each.id: each for each in made}.values()
    assert len((await shop.payment()).attempts) == 1
    assert len(await shop.stripe_sessions(payment.id)) == 1


async def test_a_payment_on_the_hosted_page_succeeds_in_the_purchases_own_trace(shop: Shop) -> None:
    payment = await shop.create()
    await shop.pay()
    (event,) = await shop.until_events("PaymentSucceeded")
    assert isinstance(event, PaymentSucceeded)
    assert (event.payment_id, event.order_id, event.captured.units) == (payment.id, shop.order_id, 25)
    (row,) = await shop.outbox()
    assert (row["version"], row["topic"], row["headers"]["traceparent"][3:35]) == (1, "payment-events", TRACE_ID)
    assert (await shop.payment()).captured == payment.amount


async def test_an_embedded_payment_succeeds(shop: Shop) -> None:
    shop.bill = bill(Flow.EMBEDDED)
    payment = await shop.create()
    shown = await shop.core.reader.show(payment)
    assert shown.client_secret.startswith("pi_")
    (attempt,) = payment.attempts
    confirm = {"payment_method": "pm_card_visa", "return_url": "http://127.0.0.1/back"}
    await shop.stripe.v1.payment_intents.confirm_async(attempt.provider_id, confirm)  # type: ignore[arg-type]
    await shop.until_events("PaymentSucceeded")
    assert (await shop.core.reader.show(await shop.payment())).client_secret == ""


async def test_a_decline_is_told_and_the_payment_can_still_be_paid(shop: Shop) -> None:
    await shop.create()
    await shop.pay("4000000000009995")
    (declined,) = await shop.until_events("PaymentAttemptDeclined")
    assert isinstance(declined, PaymentAttemptDeclined)
    assert declined.decline.code == "insufficient_funds"
    assert declined.contact.email == "ada@shop.example"
    payment = await shop.payment()
    assert payment.state is State.OPEN
    assert payment.payable_attempt
    assert declined.checkout_url == payment.payable_attempt.checkout_url
    await shop.pay()
    await shop.until_events("PaymentAttemptDeclined", "PaymentSucceeded")


async def test_each_declined_try_is_told_once(shop: Shop) -> None:
    await shop.control.duplicate(shop.mine, copies=3)
    await shop.create()
    await shop.pay("4000000000000002")
    await shop.pay("4000000000000002")
    await shop.until_events("PaymentAttemptDeclined", "PaymentAttemptDeclined")
    await shop.pay()
    await shop.until_events("PaymentAttemptDeclined", "PaymentAttemptDeclined", "PaymentSucceeded")


async def test_closing_an_unpaid_payment_closes_it_for_ever(shop: Shop) -> None:
    payment = await shop.create()
    assert payment.payable_attempt
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    (event,) = await shop.until_events("PaymentClosed")
    assert isinstance(event, PaymentClosed)
    session = await shop.stripe.v1.checkout.sessions.retrieve_async(payment.payable_attempt.provider_id)
    assert session.status == "expired"
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    with pytest.raises(FailedPrecondition, match="closed") as refused:
        await shop.create()
    assert refused.value.reason == "PAYMENT_CLOSED"
    assert len(await shop.events()) == 1


async def test_an_embedded_payment_is_closed_as_well(shop: Shop) -> None:
    shop.bill = bill(Flow.EMBEDDED)
    await shop.create()
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    await shop.until_events("PaymentClosed")


async def test_closing_an_unknown_order_refuses_a_late_creation(shop: Shop) -> None:
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    with pytest.raises(FailedPrecondition) as refused:
        await shop.create()
    assert refused.value.reason == "PAYMENT_CLOSED"


async def test_already_paid_means_that_the_success_is_in_the_outbox(shop: Shop) -> None:
    await shop.control.lose(shop.mine)
    await shop.create()
    await shop.pay()
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.ALREADY_PAID
    assert [type(event).__name__ for event in await shop.events()] == ["PaymentSucceeded"]


async def test_a_payment_that_is_still_processing_is_pending_until_it_is_decided(shop: Shop) -> None:
    await shop.control.settle_later(shop.mine)
    await shop.create()
    await shop.pay()
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.PENDING
    assert (await shop.payment()).state is State.CLOSING
    intent_id = (await shop.payment()).attempts[0].intent_id
    await shop.control.settle_payment(intent_id)
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.ALREADY_PAID


async def test_closing_while_the_creation_is_being_answered_is_pending_then_closed(shop: Shop) -> None:
    held = await shop.control.hold(creation(shop))
    creating = asyncio.create_task(shop.create())
    await shop.control.until_held(held)
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.PENDING
    await shop.control.release(held)
    with pytest.raises(FailedPrecondition) as refused:
        await creating
    assert refused.value.reason == "PAYMENT_CLOSED"
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    (attempt,) = (await shop.payment()).attempts
    assert attempt.state is AttemptState.ENDED


async def test_closing_finds_out_an_unknown_outcome_by_the_stored_request(shop: Shop) -> None:
    held = await shop.control.hold(creation(shop), when="after")
    creating = asyncio.create_task(shop.create())
    await shop.control.until_held(held)
    creating.cancel()
    await shop.control.release(held)
    (sent,) = (await shop.payment()).attempts
    assert (sent.state, bool(sent.body)) == (AttemptState.SENT, True)

    async def closed() -> bool:
        return await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED

    await eventually(closed, "the close")
    (attempt,) = (await shop.payment()).attempts
    assert (attempt.state, attempt.body) == (AttemptState.ENDED, b"")


async def test_stripe_away_leaves_the_outcome_open_until_the_repeat(shop: Shop) -> None:
    await shop.control.fail(creation(shop), count=2, status=503)
    with pytest.raises(ProviderAway):
        await shop.create()
    assert (await shop.payment()).attempts[0].state is AttemptState.SENT
    assert (await shop.create()).payable_attempt


async def test_a_stored_server_error_is_looked_up_and_adopted(shop: Shop) -> None:
    await shop.control.fail(creation(shop), when="after", stored=True)
    payment = await shop.create()
    (attempt,) = payment.attempts
    assert attempt.state is AttemptState.LIVE
    await shop.pay()
    await shop.until_events("PaymentSucceeded")


@pytest.mark.parametrize("flow", Flow)
async def test_an_attempt_is_found_behind_the_first_page_of_what_was_made_since(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, flow: Flow
) -> None:
    monkeypatch.setattr(stripe_requests, "PAGE", 2)
    shop.bill = bill(flow)
    payment = await shop.create()
    for _ in range(3):
        await Shop(shop.core, shop.control, shop.stripe, bill(flow)).create()
    (attempt,) = payment.attempts
    found = await shop.core.stripe.find_attempt(attempt, payment.id)
    assert found
    assert found.provider_id == attempt.provider_id


async def test_a_stored_server_error_without_effect_leads_to_a_new_attempt(shop: Shop) -> None:
    await shop.control.fail(creation(shop), when="before", stored=True)
    payment = await shop.create()
    assert [attempt.state for attempt in payment.attempts] == [AttemptState.LOST, AttemptState.LIVE]
    sent = [
        each for each in await shop.control.requests(CREATE_SESSION) if payment.id in (each["idempotency_key"] or "")
    ]
    assert {each["idempotency_key"] for each in sent} == {f"{payment.id}:1", f"{payment.id}:2"}


async def test_what_stripe_refuses_for_good_is_told(shop: Shop) -> None:
    shop.bill = bill(lines=(line(amount=10, quantity=1),), total=Money(10, "EUR"))
    for _ in range(2):
        with pytest.raises(FailedPrecondition) as refused:
            await shop.create()
        assert refused.value.reason == "PAYMENT_REFUSED"
    assert len((await shop.payment()).attempts) == 1
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    await shop.until_events("PaymentClosed")


async def test_a_session_that_timed_out_at_stripe_is_replaced_when_the_order_comes_back(shop: Shop) -> None:
    payment = await shop.create()
    await shop.control.expire_session(payment.attempts[0].provider_id)

    async def ended() -> bool:
        return (await shop.payment()).attempts[0].state is AttemptState.ENDED

    await eventually(ended, "the end of the session")
    assert (await shop.payment()).state is State.OPEN
    again = await shop.create()
    assert [attempt.number for attempt in again.attempts] == [1, 2]
    await shop.pay()
    await shop.until_events("PaymentSucceeded")


async def test_verifying_does_not_wait_for_the_webhook(shop: Shop) -> None:
    await shop.control.lose(shop.mine)
    payment = await shop.create()
    await shop.pay()
    verified = await shop.core.reader.verify(payment)
    assert verified.payment.state is State.SUCCEEDED
    (row,) = await shop.outbox()
    assert row["headers"]["traceparent"][3:35] == TRACE_ID


async def test_a_key_that_stands_for_another_encoding_of_the_request_is_looked_up(shop: Shop) -> None:
    held = await shop.control.hold(creation(shop), when="after")
    creating = asyncio.create_task(shop.create())
    await shop.control.until_held(held)
    creating.cancel()
    await shop.control.release(held)
    payment = await shop.payment()
    await shop.change_stored_request(payment)
    assert (await shop.create()).payable_attempt
    assert len(await shop.stripe_sessions(payment.id)) == 1
