"""Notices in every order, and captures that must not count."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import stripe
from shopmesh.payment.v1.payment_events_pb2 import PaymentRefunded

from deploy.local.stripe.control import Match
from services.chassis import ids
from services.chassis.errors import InvalidArgument
from services.chassis.tasks import Tasks
from services.payment.adapters.notices import PostgresNotices
from services.payment.domain.payment import AttemptState, State
from services.payment.ports import Notice, NoticeState
from services.payment.settings import Settings
from services.payment.use_cases.closing import CloseOutcome
from tests.payment.conftest import Shop, running
from tests.stripe.running import NEXT_SECRET
from tests.waiting import eventually

pytestmark = pytest.mark.stack


def of(shop: Shop, type: str) -> Match:
    """Matches this order's events of a type."""
    return Match(type=type, metadata={"order_id": shop.order_id})


def payload(**given: Any) -> bytes:
    """An event as Stripe sends it."""
    intent: dict[str, Any] = {"id": "pi_x", "object": "payment_intent", "status": "succeeded", "metadata": {}}
    intent |= {"amount_received": 2500, "currency": "eur"}
    event: dict[str, Any] = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 0,
    }
    event |= {"data": {"object": intent | given}}
    return json.dumps(event).encode()


def signature(body: bytes, secret: str = NEXT_SECRET, age: int = 0) -> str:
    moment = int(time.time()) - age
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment))


async def test_a_tampered_unsigned_or_stale_notice_is_refused_and_leaves_nothing(shop: Shop) -> None:
    marker = uuid4().hex
    body = payload(metadata={"marker": marker})
    wrong = [
        "",
        "nonsense",
        signature(body, "whsec_somebody_elses"),
        signature(body + b" "),
        signature(body, age=400),
    ]
    for each in wrong:
        with pytest.raises(InvalidArgument) as refused:
            await shop.core.notices.receive(body, each)
        assert refused.value.reason == "SIGNATURE_INVALID"
    with pytest.raises(InvalidArgument):
        await shop.core.notices.receive(b"\xff\xfe", signature(body))
    assert await shop.notices(marker) == []


@pytest.mark.parametrize("secret", ["whsec_of_before", NEXT_SECRET])
async def test_either_secret_will_do(shop: Shop, secret: str) -> None:
    marker = uuid4().hex
    body = payload(metadata={"marker": marker})
    await shop.core.notices.receive(body, signature(body, secret))
    assert len(await shop.notices(marker)) == 1


async def test_a_repeated_notice_is_stored_once(shop: Shop) -> None:
    marker = uuid4().hex
    body = payload(metadata={"marker": marker})
    await asyncio.gather(*(shop.core.notices.receive(body, signature(body)) for _ in range(5)))
    assert len(await shop.notices(marker)) == 1


async def test_a_stored_notice_holds_no_secret_and_nobodys_name(shop: Shop) -> None:
    marker = uuid4().hex
    people = {
        "receipt_email": "ada@example.com",
        "last_payment_error": {"code": "x", "billing_details": {"name": "Ada"}},
    }
    body = payload(metadata={"marker": marker}, client_secret="pi_x_secret_y", **people)
    await shop.core.notices.receive(body, signature(body))
    (notice,) = await shop.notices(marker)
    found = notice["event"]["data"]["object"]
    assert found["last_payment_error"] == {"code": "x"}
    assert not found.keys() & {"client_secret", "receipt_email"}


async def test_a_notice_of_an_unknown_payment_is_kept_as_such(shop: Shop) -> None:
    body = payload(metadata={"payment_id": ids.new("pay"), "order_id": shop.order_id})
    await shop.core.notices.receive(body, signature(body))

    async def known() -> bool:
        return [row["state"] for row in await shop.notices(shop.order_id)] == ["UNKNOWN"]

    await eventually(known, "the notice to be found unknown")


async def test_notices_that_are_repeated_and_out_of_order_count_once(shop: Shop) -> None:
    await shop.control.duplicate(of(shop, "payment_intent.succeeded"), copies=3)
    await shop.control.duplicate(of(shop, "checkout.session.completed"), copies=3)
    await shop.create()
    await shop.pay()
    await shop.until_state(State.SUCCEEDED)

    async def handled() -> bool:
        rows = await shop.notices(shop.order_id)
        return len(rows) >= 4 and all(row["state"] in ("HANDLED", "IGNORED") for row in rows)

    await eventually(handled, "all notices")
    assert [type(event).__name__ for event in await shop.events()] == ["PaymentSucceeded"]


async def test_an_old_failure_after_the_success_says_nothing(shop: Shop) -> None:
    held = await shop.control.hold_webhooks(of(shop, "payment_intent.payment_failed"))
    await shop.create()
    await shop.pay("4000000000000002")
    await shop.pay()
    await shop.until_events("PaymentSucceeded")
    await shop.control.release(held)

    async def handled() -> bool:
        rows = await shop.notices(shop.order_id)
        return any(row["type"].endswith("failed") and row["state"] == "HANDLED" for row in rows)

    await eventually(handled, "the old failure")
    assert [type(event).__name__ for event in await shop.events()] == ["PaymentSucceeded"]


async def test_a_capture_of_the_wrong_amount_closes_the_payment_and_goes_back(shop: Shop) -> None:
    payment = await shop.create()
    await shop.control.pay(await shop.stray_session(payment.id, amount=2400))
    _, refunded = await shop.until_events("PaymentClosed", "PaymentRefunded")
    assert isinstance(refunded, PaymentRefunded)
    assert (refunded.cause, refunded.amount.units, refunded.contact.email) == ("MISMATCH", 24, "ada@shop.example")
    await shop.until_fulfilled("MISMATCH")
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED

    async def ended() -> bool:
        return (await shop.payment()).attempts[0].state is AttemptState.ENDED

    await eventually(ended, "the end of the session that could still be paid")


async def test_a_capture_in_another_currency_goes_back_in_that_currency(shop: Shop) -> None:
    payment = await shop.create()
    await shop.control.pay(await shop.stray_session(payment.id, currency="usd"))
    _, refunded = await shop.until_events("PaymentClosed", "PaymentRefunded")
    assert isinstance(refunded, PaymentRefunded)
    assert (refunded.amount.currency_code, refunded.amount.units) == ("USD", 25)


async def test_a_capture_after_the_close_goes_back(shop: Shop) -> None:
    payment = await shop.create()
    page = await shop.stray_session(payment.id)
    assert await shop.core.closing.close(shop.order_id) is CloseOutcome.CLOSED
    await shop.control.pay(page)
    _, refunded = await shop.until_events("PaymentClosed", "PaymentRefunded")
    assert isinstance(refunded, PaymentRefunded)
    assert refunded.cause == "LATE_CAPTURE"
    await shop.until_fulfilled("LATE_CAPTURE")
    after = await shop.payment()
    assert (after.state, after.captured, after.refunded) == (State.CLOSED, payment.amount, payment.amount)


async def test_an_order_that_is_paid_twice_gets_the_second_payment_back(shop: Shop) -> None:
    payment = await shop.create()
    page = await shop.stray_session(payment.id)
    await shop.pay()
    await shop.until_events("PaymentSucceeded")
    await shop.control.pay(page)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    assert (await shop.payment()).state is State.SUCCEEDED


async def test_only_notices_that_are_done_with_are_forgotten(shop: Shop) -> None:
    notices, long_ago = PostgresNotices(shop.core.database, Tasks()), datetime(2001, 1, 1, tzinfo=UTC)
    kept = {NoticeState.RECEIVED, NoticeState.UNKNOWN}
    for state in NoticeState:
        await notices.add([Notice(f"evt_{shop.order_id}_{state}", "x", {}, NoticeState.IGNORED)], long_ago)
        await notices.mark(f"evt_{shop.order_id}_{state}", state, long_ago)
    await notices.purge(long_ago + timedelta(days=1))
    found = {state for state in NoticeState if await notices.get(f"evt_{shop.order_id}_{state}")}
    assert found == kept


async def test_after_twenty_hours_the_list_tells_what_became_of_a_request(shop: Shop, settings: Settings) -> None:
    held = await shop.control.hold(Match(method="POST", metadata={"order_id": shop.order_id}), when="after")
    creating = asyncio.create_task(shop.create())
    await shop.control.until_held(held)
    creating.cancel()
    await shop.control.release(held)
    payment = await shop.payment()

    async def settled() -> bool:
        return bool(await shop.stripe_sessions(payment.id))

    await eventually(settled, "the session at Stripe")
    await shop.control.forget_key(f"{payment.id}:1")
    async with running(settings, moved=timedelta(hours=21)) as later:
        assert (await later.creating.create(shop.bill)).payable_attempt
    assert len(await shop.stripe_sessions(payment.id)) == 1
