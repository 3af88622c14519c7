"""Checkout Sessions in payment mode, with the hosted page."""

from __future__ import annotations

from urllib.parse import quote

from . import currency, defaults, events, ids, payments
from .calls import Call, Endpoint
from .errors import Json, invalid, refused, resource_missing
from .lists import listing
from .params import EXPAND, LISTING, Fields, Integer, Many, Metadata, Text, Url, words
from .store import Query, Record, Tx

_DAY_S, _HALF_AN_HOUR_S = 86400, 1800
_LOCALES = words(
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru"
    " sk sl sv th tr vi zh zh-HK zh-TW"
)
_PRODUCT = Fields(
    {"name": Text(), "description": Text(40000), "images": Many(Text(), 8), "metadata": Metadata(), "tax_code": Text()},
    required=("name",),
)
_PRICE = Fields(
    {
        "currency": Text(3),
        "product_data": _PRODUCT,
        "unit_amount": Integer(least=0),
        "tax_behavior": Text(choices=("exclusive", "inclusive", "unspecified")),
    },
    required=("currency", "product_data", "unit_amount"),
)
_LINE = Fields(
    {"price_data": _PRICE, "quantity": Integer(least=1, most=999999), "metadata": Metadata()},
    required=("price_data", "quantity"),
)
_INTENT_DATA = Fields(
    {
        "metadata": Metadata(),
        "description": Text(1000),
        "receipt_email": Text(800),
        "statement_descriptor_suffix": Text(22),
        "capture_method": Text(choices=("automatic", "automatic_async")),
    }
)
CREATE = Fields(
    {
        "mode": Text(choices=("payment",)),
        "line_items": Many(_LINE, 100),
        "success_url": Url(),
        "cancel_url": Url(),
        "client_reference_id": Text(200),
        "customer_email": Text(800),
        "expires_at": Integer(),
        "metadata": Metadata(),
        "locale": Text(choices=_LOCALES),
        "payment_intent_data": _INTENT_DATA,
        "expand": EXPAND,
        "payment_method_types": Many(Text(choices=("card",))),
        "ui_mode": Text(choices=("hosted_page",)),
        "submit_type": Text(choices=("auto", "book", "donate", "pay")),
    },
    required=("mode", "line_items", "success_url"),
)
_LIST = Fields(
    LISTING | {"payment_intent": Text(), "status": Text(choices=("open", "complete", "expired")), "expand": EXPAND}
)
_ONE = Fields({"expand": EXPAND})


def create(tx: Tx, call: Call) -> Json:
    """`POST /v1/checkout/sessions`."""
    given = call.params
    code, total = _total(given["line_items"])
    session_id = f"cs_test_a1{ids.random_text(56)}"
    kept = ("client_reference_id", "customer_email", "locale", "cancel_url", "submit_type")
    body = defaults.new(
        defaults.CHECKOUT_SESSION,
        id=session_id,
        created=tx.now,
        amount_subtotal=total,
        amount_total=total,
        cancel_url=None,
        currency=code,
        expires_at=_expiry(tx, given),
        metadata=given.get("metadata", {}),
        success_url=given["success_url"],
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        url=f"{tx.settings.public_url}/c/pay/{session_id}",
    )
    body |= {name: given[name] for name in kept if name in given}
    if "customer_email" in given:
        body["customer_details"] = _customer(given["customer_email"], None)
    private = {"lines": _lines(tx, given["line_items"], code), "intent_data": given.get("payment_intent_data", {})}
    return tx.insert(Record("checkout.session", body, private=private)).body


def retrieve(tx: Tx, call: Call) -> Json:
    """`GET /v1/checkout/sessions/{id}`."""
    return by_id(tx, call.id).body


def expire(tx: Tx, call: Call) -> Json:
    """`POST /v1/checkout/sessions/{id}/expire`: only an open one whose payment isn't under way."""
    session = by_id(tx, call.id)
    status = session.body["status"]
    if status != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{status}`."
        )
    return close(tx, session).body


def list_all(tx: Tx, call: Call) -> Json:
    """`GET /v1/checkout/sessions`: newest first, by creation time, intent or status."""
    given = call.params
    query = Query("checkout.session", subject=given.get("payment_intent"), status=given.get("status"))
    return listing(tx, call, query)


def by_id(tx: Tx, id: str) -> Record:
    """The session, or Stripe's 404."""
    found = tx.find("checkout.session", id)
    if not found:
        raise resource_missing("checkout.session", id, "session")
    return found


def close(tx: Tx, session: Record) -> Record:
    """Expire a session and cancel the intent of attempts made so far."""
    session.body |= {"status": "expired", "url": None}
    tx.save(session)
    intent = intent_of(tx, session)
    if intent:
        payments.cancel(tx, intent, "expired")
    events.emit(tx, "checkout.session.expired", session.body)
    return session


def expire_due(tx: Tx) -> int:
    """Expire every session whose time has come; returns how many."""
    due = tx.sessions_due()
    for session in due:
        close(tx, session)
    return len(due)


def intent_of(tx: Tx, session: Record) -> Record | None:
    """The session's payment intent: there is none before the first attempt to pay."""
    return tx.find("payment_intent", session.body["payment_intent"]) if session.body["payment_intent"] else None


def start_payment(tx: Tx, session: Record) -> Record:
    """The session's payment intent, made at the first attempt."""
    found = intent_of(tx, session)
    if found:
        return found
    data = session.private["intent_data"]
    fields = {"amount": session.body["amount_total"], "currency": session.body["currency"]} | data
    intent = payments.new_intent(tx, fields, private={"session": session.id})
    session.body["payment_intent"] = session.subject = intent.id
    tx.save(session)
    return intent


def follow_payment(tx: Tx, intent: Record) -> Record | None:
    """Bring the intent's session, if it has one, to where the payment stands."""
    session = tx.find("checkout.session", intent.private.get("session", ""))
    status = intent.body["status"]
    if session is None:
        return None
    if session.body["status"] == "open" and status in ("succeeded", "processing"):
        _complete(tx, session, intent)
    elif session.body["status"] == "complete" and session.body["payment_status"] == "unpaid":
        _settle_late(tx, session, paid=status == "succeeded")
    return session


def _complete(tx: Tx, session: Record, intent: Record) -> None:
    method = tx.find("payment_method", intent.body["payment_method"])
    billing = method.body["billing_details"] if method else defaults.BILLING_DETAILS
    email = session.body["customer_email"] or billing["email"]
    session.body |= {
        "status": "complete",
        "url": None,
        "customer_details": _customer(email, billing),
        "payment_status": "paid" if intent.body["status"] == "succeeded" else "unpaid",
    }
    tx.save(session)
    events.emit(tx, "checkout.session.completed", session.body)


def _settle_late(tx: Tx, session: Record, *, paid: bool) -> None:
    session.body["payment_status"] = "paid" if paid else "unpaid"
    tx.save(session)
    events.emit(tx, f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session.body)


def redirect_url(session: Record, field: str) -> str:
    """The success or cancel address, with `{CHECKOUT_SESSION_ID}` filled in; empty where there is none."""
    return str(session.body[field] or "").replace("{CHECKOUT_SESSION_ID}", quote(session.id))


def _customer(email: str | None, billing: Json | None) -> Json:
    billing = billing or {}
    return {
        "address": billing.get("address"),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": billing.get("name"),
        "phone": billing.get("phone"),
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _total(lines: list[Json]) -> tuple[str, int]:
    codes = {
        currency.check_currency(line["price_data"]["currency"], "line_items[0][price_data][currency]") for line in lines
    }
    if len(codes) != 1:
        raise invalid("All line items must use the same currency.", "line_items")
    code = codes.pop()
    for number, line in enumerate(lines):
        param = f"line_items[{number}][price_data][unit_amount]"
        currency.check_granularity(line["price_data"]["unit_amount"], code, param)
    total = sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines)
    currency.check_charge(total, code, "line_items")
    return code, total


def _expiry(tx: Tx, given: Json) -> int:
    expires_at = int(given.get("expires_at", tx.now + _DAY_S))
    if expires_at < tx.now + _HALF_AN_HOUR_S:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if expires_at > tx.now + _DAY_S:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    return expires_at


def _lines(tx: Tx, lines: list[Json], code: str) -> list[Json]:
    return [_line(tx, line, code) for line in lines]


def _line(tx: Tx, line: Json, code: str) -> Json:
    given, amount = line["price_data"], line["price_data"]["unit_amount"] * line["quantity"]
    price = {
        "id": ids.new_id("price_1"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": tx.now,
        "currency": code,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": ids.new_id("prod_", 14),
        "recurring": None,
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": given["unit_amount"],
        "unit_amount_decimal": str(given["unit_amount"]),
    }
    return {
        "id": ids.new_id("li_1"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": code,
        "description": given["product_data"]["name"],
        "metadata": line.get("metadata", {}),
        "price": price,
        "quantity": line["quantity"],
    }


ENDPOINTS = (
    Endpoint("POST", "/v1/checkout/sessions", CREATE, create),
    Endpoint("GET", "/v1/checkout/sessions", _LIST, list_all),
    Endpoint("GET", "/v1/checkout/sessions/{id}", _ONE, retrieve),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", _ONE, expire),
)
