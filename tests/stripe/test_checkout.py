"""Checkout Sessions, spoken to by the official library."""

import time
from typing import Any

import httpx
import pytest
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building
from tests.stripe.running import Receiver, StandIn

pytestmark = pytest.mark.stack
EXPAND = {"expand": ["payment_intent.latest_charge", "line_items"]}


async def test_a_good_card_pays_the_session_and_the_shop_is_told(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2500)
    assert session.expires_at - session.created == 86400

    answer = await control.pay(str(session.url))

    assert answer == {
        "status": "complete",
        "redirect": f"http://127.0.0.1:8080/thanks?session={session.id}",
        "error": None,
    }
    paid = await client.v1.checkout.sessions.retrieve_async(session.id, EXPAND)  # type: ignore[arg-type]
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (paid.status, paid.payment_status, intent.status) == ("complete", "paid", "succeeded")
    assert intent.metadata["payment_id"] == payment_id == intent.latest_charge.metadata["payment_id"]
    assert paid.line_items
    assert [line.description for line in paid.line_items.data] == ["Stoneware cup", "Linen towel"]
    await receiver.wait_types(
        payment_id,
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    )


async def test_a_declined_card_leaves_the_session_open_with_the_reason_and_another_card_pays(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))

    answer = await control.pay(str(session.url), building.NO_FUNDS)

    assert (answer["status"], answer["error"]) == ("declined", "Your card has insufficient funds.")
    again = await client.v1.checkout.sessions.retrieve_async(session.id, EXPAND)  # type: ignore[arg-type]
    assert again.status == "open"
    assert isinstance(again.payment_intent, stripe.PaymentIntent)
    error = again.payment_intent.last_payment_error
    assert error
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    await receiver.wait_types(payment_id, "charge.failed", "payment_intent.payment_failed")
    assert "insufficient funds" in (await browser.get(str(session.url))).text
    assert (await control.pay(str(session.url)))["status"] == "complete"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000000002", "card_declined"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
    ],
)
async def test_each_test_card_is_declined_for_its_own_reason(
    client: stripe.StripeClient, control: StripeControl, number: str, code: str
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    await control.pay(str(session.url), number)
    open_still = await client.v1.checkout.sessions.retrieve_async(session.id, EXPAND)  # type: ignore[arg-type]
    assert isinstance(open_still.payment_intent, stripe.PaymentIntent)
    assert open_still.payment_intent.last_payment_error
    assert open_still.payment_intent.last_payment_error.code == code


async def test_a_session_expires_by_itself_when_its_time_is_over(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))
    assert (await control.expire_session(session.id))["status"] == "expired"
    await receiver.wait_types(payment_id, "checkout.session.expired")


async def test_a_complete_session_cannot_be_expired(client: stripe.StripeClient, control: StripeControl) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    await control.pay(str(session.url))
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`") as refusal:
        await client.v1.checkout.sessions.expire_async(session.id)
    assert refusal.value.http_status == 400


async def test_a_payment_that_settles_late_completes_unpaid_and_then_tells(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, mine: Match
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))
    await control.settle_later(mine)
    await control.pay(str(session.url))
    completed = await client.v1.checkout.sessions.retrieve_async(session.id)
    assert (completed.status, completed.payment_status) == ("complete", "unpaid")
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.checkout.sessions.expire_async(session.id)
    await control.settle_payment(str(completed.payment_intent))
    await receiver.wait_types(payment_id, "checkout.session.async_payment_succeeded", "payment_intent.succeeded")
    assert (await client.v1.checkout.sessions.retrieve_async(session.id)).payment_status == "paid"


async def test_lists_page_by_creation_time_and_cursor(client: stripe.StripeClient) -> None:
    since = int(time.time())
    made = [(await client.v1.checkout.sessions.create_async(building.session())).id for _ in range(5)]
    first = await client.v1.checkout.sessions.list_async({"created": {"gte": since}, "limit": 2})
    assert first.has_more
    assert [item.id for item in first.data] == made[:2:-1]
    rest = await client.v1.checkout.sessions.list_async(
        {"created": {"gte": since}, "limit": 3, "starting_after": made[3]}
    )
    assert [item.id for item in rest.data] == made[2::-1]
    assert not (await client.v1.checkout.sessions.list_async({"created": {"gte": since + 3600}})).data
    walked = [item.id async for item in first.auto_paging_iter() if item.id in made]
    assert walked == made[::-1]


async def test_a_session_is_found_by_its_intent(client: stripe.StripeClient, control: StripeControl) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    await control.pay(str(session.url))
    found = await client.v1.checkout.sessions.list_async(
        {"payment_intent": await building.intent_of(client, session.id)}
    )
    assert [item.id for item in found.data] == [session.id]
    assert not (await client.v1.checkout.sessions.list_async({"payment_intent": "*"})).data


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"currency": "eur"}, "currency", "parameter_unknown"),
        ({"mode": "subscription"}, "mode", None),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url", "url_invalid"),
        ({"metadata": {"k" * 41: "v"}}, "metadata", None),
        ({"metadata": {"k": "v" * 501}}, "metadata", None),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price_data]", "parameter_missing"),
        ({"expires_at": 1_700_000_000}, "expires_at", None),
    ],
)
async def test_wrong_parameters_are_refused_by_name(
    client: stripe.StripeClient, changes: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.checkout.sessions.create_async(building.session(**changes))
    assert (refusal.value.param, refusal.value.code) == (param, code)


@pytest.mark.parametrize(
    ("currency", "amount", "fine"),
    [
        ("jpy", 50, True),
        ("jpy", 49, False),
        ("kwd", 12340, True),
        ("kwd", 12345, False),
        ("isk", 50000, True),
        ("isk", 50050, False),
        ("eur", 49, False),
        ("xxx", 5000, False),
    ],
)
async def test_amounts_follow_the_currency_s_rules(
    client: stripe.StripeClient, currency: str, amount: int, fine: bool
) -> None:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Cup"}}
    params = building.session(line_items=[{"quantity": 1, "price_data": price}])
    if fine:
        assert (await client.v1.checkout.sessions.create_async(params)).amount_total == amount
    else:
        with pytest.raises(stripe.InvalidRequestError):
            await client.v1.checkout.sessions.create_async(params)


async def test_keys_are_checked_and_answers_carry_stripe_s_headers(
    standin: StandIn, http_client: stripe.HTTPXClient, client: stripe.StripeClient, browser: httpx.AsyncClient
) -> None:
    with pytest.raises(stripe.AuthenticationError):
        await building.client(standin.url, http_client, "sk_live_x").v1.balance.retrieve_async()
    with pytest.raises(stripe.AuthenticationError, match="publishable"):
        await building.client(standin.url, http_client, "pk_test_abc").v1.balance.retrieve_async()
    assert (await browser.get(f"{standin.url}/v1/balance")).status_code == 401
    balance = await client.v1.balance.retrieve_async()
    assert balance.last_response
    assert balance.last_response.headers["request-id"].startswith("req_")
    assert balance.last_response.headers["stripe-version"] == stripe.api_version
    assert (await client.v1.accounts.retrieve_current_async()).charges_enabled
    unknown = await browser.get(f"{standin.url}/v1/nothing")
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "invalid_request_error")
