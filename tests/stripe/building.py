"""Builders of what tests send to Stripe."""

from typing import Any

import stripe

from tests.stripe import requests_made
from tests.stripe.running import API_KEY

SUCCEEDS = "4242424242424242"
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
ASKS_BANK = "4000002760003184"


def client(base_url: str, http_client: stripe.HTTPXClient, api_key: str = API_KEY) -> stripe.StripeClient:
    """The official client as the payment service makes it, without retries of its own."""
    return stripe.StripeClient(
        api_key, base_addresses={"api": base_url}, http_client=http_client, max_network_retries=0
    )


def session(payment_id: str = "pay_1", **changes: Any) -> Any:
    """Parameters of a checkout session over 25.00 EUR."""
    return requests_made.create_session(payment_id) | changes


def intent(payment_id: str = "pay_1", **changes: Any) -> Any:
    """Parameters of a payment intent over 25.00 EUR."""
    return requests_made.create_intent(payment_id) | changes


def card(number: str = SUCCEEDS) -> Any:
    """Card data as Stripe.js sends it with a confirmation."""
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}


async def intent_of(client: stripe.StripeClient, session_id: str) -> str:
    """The id of the payment intent that a session's first try to pay made."""
    intent = (await client.v1.checkout.sessions.retrieve_async(session_id)).payment_intent
    assert isinstance(intent, str)
    return intent
