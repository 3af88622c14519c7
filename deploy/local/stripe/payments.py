"""Taking the money: a payment intent's steps from a card to a charge, the same for both flows."""

from __future__ import annotations

from . import cards, defaults, disputes, events, ids, payment_methods, switches
from .cards import Decline
from .errors import Json
from .store import Record, Tx
from .switches import Subject

AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "authentication_failure",
    "The provided PaymentMethod has failed authentication. "
    "You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
)


def new_intent(tx: Tx, fields: Json, private: Json | None = None) -> Record:
    """Store a payment intent with its client secret and announce it."""
    intent_id = ids.new_id("pi_3")
    body = defaults.new(
        defaults.PAYMENT_INTENT,
        id=intent_id,
        created=tx.now,
        client_secret=f"{intent_id}_secret_{ids.random_text(25)}",
        **fields,
    )
    record = tx.insert(Record("payment_intent", body, private=private or {}))
    events.emit(tx, "payment_intent.created", body)
    return record


def pay(tx: Tx, intent: Record, method: Record, return_url: str | None = None) -> None:
    """Try to pay: the intent ends succeeded, processing, requires_action, or requires_payment_method with why."""
    card = payment_methods.card_of(method)
    intent.body |= {"payment_method": method.id, "last_payment_error": None}
    intent.private["return_url"] = return_url
    if card.authenticate:
        _ask_authentication(tx, intent, return_url)
    elif switches.take(tx, "async_payment", _subject(intent)):
        _set(tx, intent, "payment_intent.processing", status="processing")
    else:
        charge(tx, intent)


def authenticate(tx: Tx, intent: Record, passed: bool) -> None:
    """The customer came back from the bank's page."""
    intent.body["next_action"] = None
    if passed:
        charge(tx, intent)
    else:
        _refuse(tx, intent, AUTHENTICATION_FAILED, None)


def charge(tx: Tx, intent: Record, *, refuse: str | None = None) -> None:
    """Ask the bank; `refuse` makes it decline for that reason whatever the card (a late failure)."""
    method = payment_methods.from_reference(tx, intent.body["payment_method"])
    card = payment_methods.card_of(method)
    reason = refuse or card.decline
    if reason:
        failed = _charge(tx, intent, method, cards.DECLINES[reason])
        _refuse(tx, intent, cards.DECLINES[reason], failed)
        return
    taken = _charge(tx, intent, method, None)
    _set(
        tx,
        intent,
        "payment_intent.succeeded",
        status="succeeded",
        latest_charge=taken.id,
        amount_received=intent.body["amount"],
        next_action=None,
    )
    if card.dispute:
        disputes.open_dispute(tx, taken, reason=card.dispute)


def cancel(tx: Tx, intent: Record, reason: str | None) -> None:
    """End an intent that took no money."""
    _set(
        tx,
        intent,
        "payment_intent.canceled",
        status="canceled",
        canceled_at=tx.now,
        cancellation_reason=reason,
        next_action=None,
    )


def decline_of(intent: Json) -> Decline | None:
    """Why the last attempt failed, or None."""
    error = intent["last_payment_error"]
    if not error:
        return None
    return Decline(error["code"], error.get("decline_code", error["code"]), error["message"], error.get("param"))


def _ask_authentication(tx: Tx, intent: Record, return_url: str | None) -> None:
    page = f"{tx.settings.public_url}/authenticate/{intent.id}"
    if return_url:
        action: Json = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
    else:
        action = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page, "source": "src_stand_in"},
        }
    _set(tx, intent, "payment_intent.requires_action", status="requires_action", next_action=action)


def _refuse(tx: Tx, intent: Record, decline: Decline, failed: Record | None) -> None:
    method = payment_methods.from_reference(tx, intent.body["payment_method"])
    extra: Json = {"payment_method": method.body} | ({"charge": failed.id} if failed else {})
    error = payment_methods.card_error(decline, extra).error
    if decline is AUTHENTICATION_FAILED:
        error["type"] = "invalid_request_error"
    latest = failed.id if failed else intent.body["latest_charge"]
    _set(
        tx,
        intent,
        "payment_intent.payment_failed",
        status="requires_payment_method",
        last_payment_error=error,
        payment_method=None,
        latest_charge=latest,
        next_action=None,
    )


def _charge(tx: Tx, intent: Record, method: Record, decline: Decline | None) -> Record:
    taken = 0 if decline else intent.body["amount"]
    body = defaults.new(
        defaults.CHARGE,
        id=ids.new_id("ch_3"),
        created=tx.now,
        amount=intent.body["amount"],
        amount_captured=taken,
        billing_details=method.body["billing_details"],
        captured=not decline,
        currency=intent.body["currency"],
        description=intent.body["description"],
        failure_code=decline and decline.code,
        failure_message=decline and decline.message,
        metadata=dict(intent.body["metadata"]),
        outcome=_outcome(decline),
        paid=not decline,
        payment_intent=intent.id,
        payment_method=method.id,
        payment_method_details=_card_details(method, intent.body["amount"]),
        receipt_email=intent.body["receipt_email"],
        status="failed" if decline else "succeeded",
    )
    record = tx.insert(Record("charge", body, subject=intent.id, private={"number": method.private["number"]}))
    events.emit(tx, "charge.failed" if decline else "charge.succeeded", body)
    return record


def _outcome(decline: Decline | None) -> Json:
    common: Json = {"advice_code": None, "network_advice_code": None, "risk_level": "normal"}
    if decline is None:
        return common | {
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return common | {
        "network_decline_code": "05",
        "network_status": "declined_by_network",
        "reason": decline.decline_code,
        "type": "issuer_declined",
        "seller_message": "The bank did not return any further details with this decline.",
    }


def _card_details(method: Record, amount: int) -> Json:
    card = method.body["card"]
    unavailable = {"status": "unavailable"}
    shown = {key: card[key] for key in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")}
    return {
        "type": "card",
        "card": shown
        | {
            "amount_authorized": amount,
            "authorization_code": "123456",
            "extended_authorization": {"status": "disabled"},
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "incremental_authorization": unavailable,
            "installments": None,
            "mandate": None,
            "multicapture": unavailable,
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": "104101010101010",
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
    }


def _set(tx: Tx, intent: Record, event: str, **fields: object) -> None:
    intent.body |= fields
    tx.save(intent)
    events.emit(tx, event, intent.body)


def _subject(intent: Record) -> Subject:
    return Subject(type="payment_intent", metadata=intent.body["metadata"])
