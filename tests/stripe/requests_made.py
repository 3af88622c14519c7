"""Every request that the payment service makes of Stripe, made by its own builders: the vendor's mock must accept each.

Parameters are as handed to the official library.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.chassis.money import Money
from services.payment.adapters import stripe_requests
from services.payment.adapters.stripe_requests import StripeRequest
from services.payment.domain.bill import Bill
from services.payment.domain.payment import Cause, Flow, Kind, Refund, RefundState
from tests.payment import building

Params = dict[str, Any]


@dataclass(frozen=True)
class RequestMade:
    """One request's shape; `name` is for people, `builder` the function of payment that made it."""

    name: str
    method: str
    path: str
    params: Params = field(default_factory=dict)
    builder: str = ""


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


def _line(name: str, unit_amount: int, quantity: int) -> Params:
    price = {"currency": "eur", "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": price}


def _made(name: str, builder: Callable[..., StripeRequest], *given: object) -> RequestMade:
    """A request of the payment service's own making."""
    request = builder(*given)
    return RequestMade(name, request.method, request.path, request.params, builder.__name__)


def _body(bill: Bill) -> bytes:
    return stripe_requests.attempt(_PAYMENT, bill, 1).body


_PAYMENT, _SINCE = building.paid(), building.NOW
_REFUND = Refund("ref_1", 1, _PAYMENT.attempts[0].id, building.PRICE, Cause.ORDER_CANCELED, RefundState.PENDING, _SINCE)
_REFUND_REQUEST = stripe_requests.refund(_PAYMENT, _REFUND, _PAYMENT.attempts[0])
_HOSTED, _EMBEDDED = building.bill(), building.bill(Flow.EMBEDDED)
_DISCOUNTED = building.bill(
    lines=(
        building.line("Cup", 999, 3, total=Money(2000, "EUR"), variant_title="Blue", image_url="https://x.example/1"),
    ),
    shipping=Money(500, "EUR"),
)
REQUESTS_MADE = (
    _made("create session", stripe_requests.attempt, _PAYMENT, _HOSTED, 1),
    _made("create discounted session", stripe_requests.attempt, _PAYMENT, _DISCOUNTED, 2),
    _made("create intent", stripe_requests.attempt, _PAYMENT, _EMBEDDED, 1),
    _made("repeat of a session", stripe_requests.stored_attempt, Kind.SESSION, _body(_HOSTED)),
    _made("repeat of an intent", stripe_requests.stored_attempt, Kind.INTENT, _body(_EMBEDDED)),
    _made("retrieve session", stripe_requests.retrieve, Kind.SESSION, "cs_1"),
    _made("retrieve intent", stripe_requests.retrieve, Kind.INTENT, "pi_1"),
    _made("expire session", stripe_requests.end, Kind.SESSION, "cs_1"),
    _made("cancel intent", stripe_requests.end, Kind.INTENT, "pi_1"),
    _made("list sessions", stripe_requests.made_since, Kind.SESSION, _SINCE),
    _made("next page of sessions", stripe_requests.made_since, Kind.SESSION, _SINCE, "cs_1"),
    _made("list intents", stripe_requests.made_since, Kind.INTENT, _SINCE),
    _made("next page of intents", stripe_requests.made_since, Kind.INTENT, _SINCE, "pi_1"),
    _made("find an intent's session", stripe_requests.session_of, "pi_1"),
    _made("create refund", stripe_requests.refund, _PAYMENT, _REFUND, _PAYMENT.attempts[0]),
    _made("repeat of a refund", stripe_requests.stored_refund, _REFUND_REQUEST.body),
    _made("refund what is left of an intent", stripe_requests.refund_all, "pi_1", "pay_1"),
    _made("list an intent's refunds", stripe_requests.refunds_of, "pi_1"),
    _made("next page of refunds", stripe_requests.refunds_of, "pi_1", "re_1"),
    _made("list events", stripe_requests.events_since, _SINCE),
    _made("next page of events", stripe_requests.events_since, _SINCE, "evt_1"),
    RequestMade("check the key", "get", "/v1/balance"),  # the doctor's
)
