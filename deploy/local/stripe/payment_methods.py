"""Payment methods: a card's data, from a test token, from Stripe.js or from the hosted page."""

from __future__ import annotations

import time

from . import cards, defaults, ids
from .calls import Call
from .cards import Card, Decline
from .defaults import BILLING_DETAILS
from .errors import ApiError, Json, resource_missing
from .params import EXPAND, Fields, Integer, Metadata, Text
from .store import Record, Tx

CARD_FIELDS = Fields(
    {"number": Text(40), "exp_month": Integer(), "exp_year": Integer(), "cvc": Text(10)},
    required=("number", "exp_month", "exp_year"),
)
_ADDRESS = Fields({name: Text() for name in defaults.NO_ADDRESS})
BILLING = Fields({"name": Text(), "email": Text(), "phone": Text(), "address": _ADDRESS})
DATA_FIELDS = Fields(
    {
        "type": Text(choices=("card",)),
        "card": CARD_FIELDS,
        "billing_details": BILLING,
        "metadata": Metadata(),
        "allow_redisplay": Text(choices=("always", "limited", "unspecified")),
    },
    required=("type", "card"),
)
CREATE = Fields({**DATA_FIELDS.fields, "expand": EXPAND}, required=("type", "card"))


def create(tx: Tx, call: Call) -> Json:
    """`POST /v1/payment_methods`: a card as Stripe.js would send it."""
    return from_data(tx, call.params).body


def from_data(tx: Tx, data: Json) -> Record:
    """Store a card typed by somebody; raises Stripe's card error where the data is wrong or no test card."""
    card = data["card"]
    number = "".join(card["number"].split())
    year = card["exp_year"] + (2000 if card["exp_year"] < 100 else 0)
    problem = cards.check(number, card["exp_month"], year, card.get("cvc"), time.gmtime(tx.now)[:2])
    if problem:
        raise card_error(problem)
    billing = BILLING_DETAILS | data.get("billing_details", {})
    billing["address"] = defaults.NO_ADDRESS | (billing["address"] or {})
    return _insert(tx, cards.CARDS[number], card["exp_month"], year, billing, data.get("metadata", {}))


def from_reference(tx: Tx, reference: str) -> Record:
    """The method a request names: a stored id, or a test token such as `pm_card_visa`."""
    card = cards.by_token(reference)
    if card:
        return _insert(tx, card, 12, time.gmtime(tx.now).tm_year + 3, dict(BILLING_DETAILS), {})
    found = tx.find("payment_method", reference)
    if not found:
        raise resource_missing("PaymentMethod", reference, "payment_method")
    return found


def card_of(method: Record) -> Card:
    """The test card behind a method."""
    return cards.CARDS[method.private["number"]]


def card_error(problem: Decline, extra: Json | None = None, *, keeps_effects: bool = False) -> ApiError:
    """402 for a refused card."""
    fields = {"decline_code": problem.decline_code} if problem.code == "card_declined" else {}
    return ApiError(
        402,
        problem.message,
        type="card_error",
        code=problem.code,
        param=problem.param,
        extra=fields | (extra or {}),
        keeps_effects=keeps_effects,
    )


def _insert(tx: Tx, card: Card, month: int, year: int, billing: Json, metadata: Json) -> Record:
    body = {
        "id": ids.new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing,
        "card": _card_body(card, month, year),
        "created": tx.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata,
        "type": "card",
    }
    return tx.insert(Record("payment_method", body, private={"number": card.number}))


def _card_body(card: Card, month: int, year: int) -> Json:
    return {
        "brand": card.brand,
        "display_brand": card.brand,
        "country": "US",
        "exp_month": month,
        "exp_year": year,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "fingerprint": f"standin{card.last4}fingerprint"[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
