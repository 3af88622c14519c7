"""Every request that the payment service makes of Stripe, in one place: the vendor's own mock must accept each.

Parameters are as handed to the official library.
"""

from dataclasses import dataclass, field
from typing import Any

Params = dict[str, Any]


@dataclass(frozen=True)
class RequestMade:
    """One request's shape; `name` is for people."""

    name: str
    method: str
    path: str
    params: Params = field(default_factory=dict)


def create_session(payment_id: str) -> Params:
    """A hosted page over two lines, 25.00 EUR in all. `expires_at` isn't sent: a stored body would go stale."""
    metadata = {"payment_id": payment_id, "order_id": "ord_1"}
    return {
        "mode": "payment",
        "line_items": [_line("Stoneware cup", 750, 2), _line("Linen towel", 1000, 1)],
        "success_url": "http://127.0.0.1:8080/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:8080/cart",
        "client_reference_id": "ord_1",
        "customer_email": "ada@shop.example",
        "payment_method_types": ["card"],
        "locale": "en",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
    }


def create_intent(payment_id: str) -> Params:
    """The embedded flow's intent over 25.00 EUR, by card."""
    return {
        "amount": 2500,
        "currency": "eur",
        "payment_method_types": ["card"],
        "receipt_email": "ada@shop.example",
        "metadata": {"payment_id": payment_id, "order_id": "ord_1"},
    }


def create_refund(payment_intent: str, amount: int) -> Params:
    """A part of a payment, for one refund of ours."""
    return {
        "payment_intent": payment_intent,
        "amount": amount,
        "reason": "requested_by_customer",
        "metadata": {"refund_id": "ref_1", "payment_id": "pay_1"},
    }


def page(**filters: Any) -> Params:
    """One page of what was made since a moment."""
    return {"created": {"gte": 1_790_000_000}, "limit": 100} | filters


def _line(name: str, unit_amount: int, quantity: int) -> Params:
    price = {"currency": "eur", "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": price}


_SESSIONS, _INTENTS, _REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"
REQUESTS_MADE = (
    RequestMade("create session", "post", _SESSIONS, create_session("pay_1")),
    RequestMade("retrieve session", "get", f"{_SESSIONS}/cs_1", {"expand": ["payment_intent.latest_charge"]}),
    RequestMade("expire session", "post", f"{_SESSIONS}/cs_1/expire"),
    RequestMade("list sessions", "get", _SESSIONS, page()),
    RequestMade("next page of sessions", "get", _SESSIONS, page(starting_after="cs_1")),
    RequestMade("find an intent's session", "get", _SESSIONS, {"payment_intent": "pi_1", "limit": 1}),
    RequestMade("create intent", "post", _INTENTS, create_intent("pay_1")),
    RequestMade("retrieve intent", "get", f"{_INTENTS}/pi_1", {"expand": ["latest_charge"]}),
    RequestMade("cancel intent", "post", f"{_INTENTS}/pi_1/cancel", {"cancellation_reason": "abandoned"}),
    RequestMade("list intents", "get", _INTENTS, page()),
    RequestMade("next page of intents", "get", _INTENTS, page(starting_after="pi_1")),
    RequestMade("create refund", "post", _REFUNDS, create_refund("pi_1", 500)),
    RequestMade("retrieve refund", "get", f"{_REFUNDS}/re_1"),
    RequestMade("list an intent's refunds", "get", _REFUNDS, {"payment_intent": "pi_1", "limit": 100}),
    RequestMade("list events", "get", "/v1/events", page(types=["checkout.session.completed"])),
    RequestMade("retrieve event", "get", "/v1/events/evt_1"),
    RequestMade("check the key", "get", "/v1/balance"),
    RequestMade("name the account", "get", "/v1/account"),
)
