"""Held against the vendor: its mock accepts every request we make, its schemas accept every answer we give."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import stripe

from deploy.local.stripe.control import StripeControl
from tests.stripe import building, requests_made, vendor
from tests.stripe.requests_made import REQUESTS_MADE, RequestMade
from tests.stripe.running import Receiver

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def judge() -> Iterator[str]:
    """The address of stripe-mock."""
    with vendor.running() as url:
        yield url


async def send(client: stripe.StripeClient, request: RequestMade) -> Any:
    """Send a request by the official library."""
    return await client.raw_request_async(request.method, request.path, **request.params)


async def answer(client: stripe.StripeClient, method: str, path: str, **params: Any) -> Any:
    """The JSON that the stand-in answers."""
    return (await client.raw_request_async(method, path, **params)).data


@pytest.mark.parametrize("request_made", REQUESTS_MADE, ids=lambda made: made.name)
async def test_the_vendor_s_mock_accepts_every_request_that_payment_makes(
    judge: str, http_client: stripe.HTTPXClient, request_made: RequestMade
) -> None:
    assert (await send(building.client(judge, http_client), request_made)).code == 200


async def test_the_vendor_s_mock_refuses_a_wrong_request(judge: str, http_client: stripe.HTTPXClient) -> None:
    wrong = RequestMade("wrong", "post", "/v1/refunds", requests_made.create_refund("pi_1", 1) | {"colour": "red"})
    with pytest.raises(stripe.InvalidRequestError):
        await send(building.client(judge, http_client), wrong)


async def test_a_schema_refuses_a_wrong_answer(client: stripe.StripeClient) -> None:
    balance = await answer(client, "get", "/v1/balance")
    assert vendor.problems(balance | {"available": "lots"})
    assert not vendor.problems(balance)


async def test_sessions_fit_the_vendor_s_schemas_in_every_state(
    client: stripe.StripeClient, control: StripeControl
) -> None:
    expand = ["payment_intent.latest_charge", "payment_intent.payment_method", "line_items"]
    for number in (None, building.DECLINED, building.ASKS_BANK, building.SUCCEEDS):
        session = await client.v1.checkout.sessions.create_async(building.session())
        if number:
            await control.pay(str(session.url), number)
        found = await answer(client, "get", f"/v1/checkout/sessions/{session.id}", expand=expand)
        assert vendor.problems(found) == [], number
        if found["status"] == "open":
            expired = await answer(client, "post", f"/v1/checkout/sessions/{session.id}/expire")
            assert vendor.problems(expired) == [], number


@pytest.mark.parametrize(
    "token",
    [
        "pm_card_visa",
        "pm_card_chargeDeclined",
        "pm_card_authenticationRequired",
        "pm_card_amex",
        "pm_card_createDispute",
    ],
)
async def test_intents_fit_the_vendor_s_schemas_in_every_state(client: stripe.StripeClient, token: str) -> None:
    intent = await answer(client, "post", "/v1/payment_intents", **building.intent())
    assert vendor.problems(intent) == []
    with suppress(stripe.CardError):
        await client.v1.payment_intents.confirm_async(intent["id"], {"payment_method": token})
    found = await answer(client, "get", f"/v1/payment_intents/{intent['id']}", expand=["latest_charge"])
    assert vendor.problems(found) == []


async def test_refunds_and_everything_listed_fit_the_vendor_s_schemas(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver
) -> None:
    params = building.intent(payment_method="pm_card_visa", confirm=True)
    intent = (await client.v1.payment_intents.create_async(params)).id
    refund = await answer(client, "post", "/v1/refunds", payment_intent=intent, amount=100)
    pending = await control.refund(intent, amount=100, pending=True)
    assert vendor.problems(refund) + vendor.problems(pending) == []
    await control.fail_refund(refund["id"])
    await control.dispute(intent)
    for path in ("checkout/sessions", "payment_intents", "charges", "refunds", "disputes", "events"):
        listed = await answer(client, "get", f"/v1/{path}", limit=100)
        assert listed["object"] == "list"
        assert listed["data"], path
        assert vendor.problems(listed) == [], path
        for event in listed["data"] if path == "events" else []:
            assert vendor.problems(event["data"]["object"]) == [], event["type"]


async def test_the_account_fits_the_vendor_s_schema(client: stripe.StripeClient) -> None:
    assert vendor.problems(await answer(client, "get", "/v1/account")) == []


async def test_a_decline_carries_an_intent_that_fits_the_vendor_s_schema(client: stripe.StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async(building.intent())
    with pytest.raises(stripe.CardError) as refusal:
        await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert refusal.value.error
    assert vendor.problems(refusal.value.error.to_dict()["payment_intent"]) == []
