"""Every request that we make of Stripe, as pure functions: method, address and parameters for the official library.

Bodies that are stored before they are sent are JSON whose order is kept, so that a repeat encodes to the same bytes.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.chassis.money import Money
from services.payment.domain.bill import Bill, Line
from services.payment.domain.payment import Attempt, Flow, Kind, Payment, Refund
from services.payment.domain.provider_money import to_provider

Params = dict[str, Any]
SESSIONS, INTENTS, REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"
EVENTS = "/v1/events"
PATHS = {Kind.SESSION: SESSIONS, Kind.INTENT: INTENTS}
PAGE = 100
_LONGEST_NAME = 250
EVENT_TYPES = (
    *("checkout.session.completed", "checkout.session.expired"),
    *("checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"),
    *("payment_intent.succeeded", "payment_intent.payment_failed"),
    *("payment_intent.canceled", "payment_intent.processing"),
    *("refund.created", "refund.updated", "refund.failed", "charge.refunded"),
    *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
    *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
)
"""Those that are handled. Stripe's list takes 20 types at most."""
# Source: docs.stripe.com/js/appendix/supported_locales, as far as Checkout takes them.
_LOCALES = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl"
    " sv th tr vi zh zh-HK zh-TW"
)


@dataclass(frozen=True, slots=True)
class StripeRequest:
    """One request: `params` as handed to the official library."""

    method: str
    path: str
    params: Params = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The parameters as they are stored."""
        return json.dumps(self.params, ensure_ascii=False, separators=(",", ":")).encode()


def attempt(payment: Payment, bill: Bill, number: int) -> StripeRequest:
    """Makes a session (hosted) or an intent (embedded); only cards, because they settle at once."""
    metadata = {"payment_id": payment.id, "order_id": payment.order_id, "attempt": str(number)}
    if bill.flow is Flow.EMBEDDED:
        params = {"amount": to_provider(bill.total), "currency": bill.total.currency.lower()}
        return StripeRequest("post", INTENTS, params | {"payment_method_types": ["card"], "metadata": metadata})
    params = {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": _line_items(bill),
        "success_url": bill.success_url,
        **({"cancel_url": bill.cancel_url} if bill.cancel_url else {}),
        "client_reference_id": payment.order_id,
        "customer_email": bill.contact.email,
        "locale": _locale(bill.contact.locale),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
    }
    return StripeRequest("post", SESSIONS, params)


def stored_attempt(kind: Kind, body: bytes) -> StripeRequest:
    """A request that makes an attempt, as it was stored."""
    return StripeRequest("post", PATHS[kind], json.loads(body))


def retrieve(kind: Kind, provider_id: str) -> StripeRequest:
    """A session with its intent, or an intent."""
    expand = {"expand": ["payment_intent"]} if kind is Kind.SESSION else {}
    return StripeRequest("get", f"{PATHS[kind]}/{provider_id}", expand)


def end(kind: Kind, provider_id: str) -> StripeRequest:
    """Expires a session, cancels an intent."""
    if kind is Kind.SESSION:
        return StripeRequest("post", f"{SESSIONS}/{provider_id}/expire")
    return StripeRequest("post", f"{INTENTS}/{provider_id}/cancel", {"cancellation_reason": "abandoned"})


def made_since(kind: Kind, since: datetime, after: str = "") -> StripeRequest:
    """One page of what was made since, the newest first, behind the id `after`."""
    params: Params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
    expand = {"expand": ["data.payment_intent"]} if kind is Kind.SESSION else {}
    return StripeRequest("get", PATHS[kind], params | expand | ({"starting_after": after} if after else {}))


def events_since(since: datetime, after: str = "") -> StripeRequest:
    """One page of the events that concern us since then, the newest first, behind the event `after`."""
    params: Params = {"created": {"gte": int(since.timestamp())}, "types": list(EVENT_TYPES), "limit": PAGE}
    return StripeRequest("get", EVENTS, params | ({"starting_after": after} if after else {}))


def session_of(intent_id: str) -> StripeRequest:
    """The session that an intent belongs to, as a list of at most one."""
    params = {"payment_intent": intent_id, "limit": 1, "expand": ["data.payment_intent"]}
    return StripeRequest("get", SESSIONS, params)


def refund(payment: Payment, refund: Refund, attempt: Attempt) -> StripeRequest:
    """Gives back a part of a capture, or all of it."""
    metadata = {"refund_id": refund.id, "payment_id": payment.id, "order_id": payment.order_id}
    params = {
        "payment_intent": attempt.intent_id,
        "amount": to_provider(refund.amount),
        "reason": "requested_by_customer",
        "metadata": metadata,
    }
    return StripeRequest("post", REFUNDS, params)


def stored_refund(body: bytes) -> StripeRequest:
    """A refund as it was stored."""
    return StripeRequest("post", REFUNDS, json.loads(body))


def refund_all(intent_id: str, payment_id: str) -> StripeRequest:
    """Gives back what is left of an intent."""
    params = {"payment_intent": intent_id, "reason": "requested_by_customer", "metadata": {"payment_id": payment_id}}
    return StripeRequest("post", REFUNDS, params)


def refunds_of(intent_id: str, after: str = "") -> StripeRequest:
    """One page of an intent's refunds."""
    params = {"payment_intent": intent_id, "limit": PAGE}
    return StripeRequest("get", REFUNDS, params | ({"starting_after": after} if after else {}))


def _line_items(bill: Bill) -> list[Params]:
    items = [_line_item(line) for line in bill.lines if line.total]
    return items + ([_item("Shipping", bill.shipping, 1)] if bill.shipping else [])


def _line_item(line: Line) -> Params:
    """As unit price and quantity where that is what it costs, else (a discount, tax on top) as one amount."""
    product: Params = {}
    if line.variant_title:
        product["description"] = line.variant_title
    if line.image_url.startswith("https://"):
        product["images"] = [line.image_url]
    if line.unit_price * line.quantity == line.total:
        return _item(line.title, line.unit_price, line.quantity, **product)
    name = line.title if line.quantity == 1 else f"{line.quantity} × {line.title}"
    return _item(name, line.total, 1, **product)


def _item(name: str, price: Money, quantity: int, **product: Any) -> Params:
    product = {"name": name[:_LONGEST_NAME], **product}
    data = {"currency": price.currency.lower(), "unit_amount": to_provider(price), "product_data": product}
    return {"price_data": data, "quantity": quantity}


def _locale(tag: str) -> str:
    language = tag.partition("-")[0]
    return next((known for known in (tag, language) if known in _LOCALES.split()), "auto")
