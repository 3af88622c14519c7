"""What can only be read: events, charges, disputes, payment methods, the balance and the account."""

from __future__ import annotations

from . import defaults
from .calls import Call, Endpoint
from .errors import Json
from .lists import listing, readable, retriever
from .params import EXPAND, LISTING, Fields, Many, Text
from .store import Query, Tx

_EVENTS = Fields(LISTING | {"type": Text(), "types": Many(Text(), 20), "expand": EXPAND})
_ONE = Fields({"expand": EXPAND})


def list_events(tx: Tx, call: Call) -> Json:
    """`GET /v1/events`: by creation time and by type (`charge.*` works), newest first."""
    types = call.params.get("types", []) + ([call.params["type"]] if "type" in call.params else [])
    return listing(tx, call, Query("event", types=tuple(types)))


def balance(tx: Tx, call: Call) -> Json:
    """`GET /v1/balance`: what was captured and not refunded, by currency."""
    rows = tx.connection.execute(
        "SELECT json_extract(body, '$.currency') AS currency,"
        " sum(json_extract(body, '$.amount_captured') - json_extract(body, '$.amount_refunded')) AS amount"
        " FROM objects WHERE kind = 'charge' GROUP BY 1 ORDER BY 1"
    )
    amounts = [_amount(row["amount"], row["currency"]) for row in rows] or [_amount(0, "eur")]
    pending = [_amount(0, amount["currency"]) for amount in amounts]
    return {"object": "balance", "available": amounts, "livemode": False, "pending": pending}


def account(tx: Tx, call: Call) -> Json:
    """`GET /v1/account`."""
    return defaults.new(defaults.ACCOUNT)


def _amount(amount: int, currency: str) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


ENDPOINTS = (
    Endpoint("GET", "/v1/events", _EVENTS, list_events),
    Endpoint("GET", "/v1/events/{id}", _ONE, retriever("event", "id")),
    *readable("/v1/charges", "charge", "id"),
    *readable("/v1/disputes", "dispute", "dispute"),
    Endpoint("GET", "/v1/payment_methods/{id}", _ONE, retriever("payment_method", "payment_method")),
    Endpoint("GET", "/v1/balance", _ONE, balance),
    Endpoint("GET", "/v1/account", _ONE, account),
)
