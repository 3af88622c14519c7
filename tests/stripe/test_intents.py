"""Payment Intents: what the shop's server does with the secret key, and a browser with the publishable one."""

from typing import Any

import httpx
import pytest
import stripe

from deploy.local.stripe.control import StripeControl
from tests.stripe import building
from tests.stripe.running import PUBLISHABLE_KEY, Receiver, StandIn

pytestmark = pytest.mark.stack


async def confirm_in_browser(
    standin: StandIn, intent: stripe.PaymentIntent, number: str, **more: str
) -> httpx.Response:
    """Confirm as Stripe.js does: publishable key, client secret, card data."""
    form = {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "40",
        "payment_method_data[card][cvc]": "123",
        "client_secret": str(intent.client_secret),
        "key": PUBLISHABLE_KEY,
    }
    async with httpx.AsyncClient() as browser:
        return await browser.post(f"{standin.url}/v1/payment_intents/{intent.id}/confirm", data=form | more)


async def test_a_browser_pays_with_the_publishable_key_and_the_client_secret(
    standin: StandIn, client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent(payment_id))
    assert (intent.status, intent.amount, intent.currency) == ("requires_payment_method", 2500, "eur")

    answer = await confirm_in_browser(standin, intent, building.SUCCEEDS)

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert "metadata" not in answer.json(), "a browser sees no metadata"
    paid = await client.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert (paid.amount_received, paid.latest_charge.amount_captured) == (2500, 2500)
    await receiver.wait_types(payment_id, "payment_intent.created", "charge.succeeded", "payment_intent.succeeded")


async def test_a_declined_card_answers_402_and_another_card_then_pays(
    standin: StandIn, client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent(payment_id))
    error = await confirm_in_browser(standin, intent, building.DECLINED)
    assert error.status_code == 402
    told = error.json()["error"]
    assert (told["type"], told["code"], told["decline_code"]) == ("card_error", "card_declined", "generic_decline")
    assert told["payment_intent"]["status"] == "requires_payment_method"
    await receiver.wait_types(payment_id, "payment_intent.payment_failed", "charge.failed")
    assert (await confirm_in_browser(standin, intent, building.SUCCEEDS)).json()["status"] == "succeeded"


async def test_authentication_is_a_page_that_returns_to_the_shop(
    standin: StandIn, client: stripe.StripeClient, control: StripeControl
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    asked = (
        await confirm_in_browser(standin, intent, building.ASKS_BANK, return_url="http://127.0.0.1:8080/done?x=1")
    ).json()
    assert (asked["status"], asked["next_action"]["type"]) == ("requires_action", "redirect_to_url")
    answer = await control.authenticate(asked["next_action"]["redirect_to_url"]["url"])
    assert answer["redirect"].startswith(f"http://127.0.0.1:8080/done?x=1&payment_intent={intent.id}")
    assert answer["redirect"].endswith("redirect_status=succeeded")
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).status == "succeeded"


async def test_a_failed_authentication_leaves_the_intent_payable(
    standin: StandIn, client: stripe.StripeClient, control: StripeControl
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    asked = (await confirm_in_browser(standin, intent, building.ASKS_BANK)).json()
    await control.authenticate(asked["next_action"]["use_stripe_sdk"]["stripe_js"], passed=False)
    failed = await client.v1.payment_intents.retrieve_async(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


@pytest.mark.parametrize(
    ("token", "status"), [("pm_card_visa", "succeeded"), ("pm_card_authenticationRequired", "requires_action")]
)
async def test_test_tokens_pay_from_the_server(client: stripe.StripeClient, token: str, status: str) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent(payment_method=token, confirm=True))
    assert intent.status == status


async def test_a_declined_token_raises_the_library_s_card_error(client: stripe.StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    with pytest.raises(stripe.CardError) as refusal:
        await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert refusal.value.code == "card_declined"
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).latest_charge, "the failed charge stays"


async def test_a_stored_payment_method_pays(client: stripe.StripeClient) -> None:
    method = await client.v1.payment_methods.create_async(building.card())
    intent = await client.v1.payment_intents.create_async(building.intent())
    paid = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": method.id})
    assert (paid.status, paid.payment_method) == ("succeeded", method.id)


async def test_a_canceled_intent_takes_no_money(
    standin: StandIn, client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent(payment_id))
    ended = await client.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    await receiver.wait_types(payment_id, "payment_intent.canceled")
    late = await confirm_in_browser(standin, intent, building.SUCCEEDS)
    assert (late.status_code, late.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")


async def test_a_succeeded_intent_cannot_be_canceled(client: stripe.StripeClient) -> None:
    paid = await client.v1.payment_intents.create_async(building.intent(payment_method="pm_card_visa", confirm=True))
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.payment_intents.cancel_async(paid.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


async def test_a_session_s_intent_is_canceled_only_by_expiring_the_session(
    client: stripe.StripeClient, control: StripeControl
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    await control.pay(str(session.url), building.DECLINED)
    tried = await client.v1.checkout.sessions.retrieve_async(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
        await client.v1.payment_intents.cancel_async(str(tried.payment_intent))


@pytest.mark.parametrize("changes", [{"client_secret": "pi_wrong_secret_x"}, {"client_secret": ""}])
async def test_a_browser_needs_the_right_client_secret(
    standin: StandIn, client: stripe.StripeClient, changes: dict[str, str], browser: httpx.AsyncClient
) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    assert (await confirm_in_browser(standin, intent, building.SUCCEEDS, **changes)).status_code == 400
    key: Any = {"Authorization": f"Bearer {PUBLISHABLE_KEY}"}
    assert (await browser.get(f"{standin.url}/v1/payment_intents/{intent.id}", headers=key)).status_code == 400


async def test_a_browser_of_another_origin_is_let_in(standin: StandIn, browser: httpx.AsyncClient) -> None:
    asked = {
        "Origin": "http://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = await browser.options(f"{standin.url}/v1/payment_intents/pi_1/confirm", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (await browser.post(f"{standin.url}/_control/reset", content="{}")).status_code == 415, (
        "but not to the switches"
    )


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
async def test_amounts_have_bounds(client: stripe.StripeClient, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.payment_intents.create_async(building.intent(amount=amount))
    assert (refusal.value.code, refusal.value.param) == (code, "amount")


async def test_an_unknown_intent_is_missing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.payment_intents.retrieve_async("pi_nobody")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
