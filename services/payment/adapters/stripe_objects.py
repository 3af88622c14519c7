"""What Stripe answers, as the domain's words. Source: docs.stripe.com/api."""

from datetime import UTC, datetime
from typing import Any

from services.payment.domain.payment import Decline, Dispute, Kind, RefundState
from services.payment.domain.provider_money import from_provider
from services.payment.domain.refunds import RefundFact
from services.payment.domain.settlement import Phase, Standing
from services.payment.ports import NoticeFacts

Json = dict[str, Any]
_KEPT = (
    "id type created data object status payment_status payment_intent amount amount_received amount_total currency url"
    " last_payment_error charge decline_code code message failure_reason metadata"
)
"""What is read here of an event. The rest, with names, addresses and client secrets, is not stored."""
_KINDS = {"checkout.session": Kind.SESSION, "payment_intent": Kind.INTENT}
_INTENT_PHASES = {"succeeded": Phase.PAID, "processing": Phase.PROCESSING, "canceled": Phase.ENDED}
_REFUND_STATES = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}
# Source: docs.stripe.com/declines/codes: to the customer these look like any other decline.
_PRIVATE_DECLINES = frozenset(
    ["fraudulent", "generic_decline", "lost_card", "merchant_blacklist", "pickup_card", "stolen_card"]
)


def standing(found: Json) -> Standing:
    """What a session (with its intent) or an intent says."""
    return _session(found) if found["object"] == "checkout.session" else _intent(found)


def refund(found: Json) -> RefundFact:
    """What a refund says; one that asks the customer for an action is still on its way."""
    return RefundFact(
        provider_id=found["id"],
        intent_id=_id(found.get("payment_intent")),
        refund_id=(found.get("metadata") or {}).get("refund_id", ""),
        state=_REFUND_STATES.get(found["status"], RefundState.PENDING),
        amount=from_provider(found["amount"], found["currency"]),
        failure=found.get("failure_reason") or "",
    )


def cut_down(found: Json) -> Json:
    """An event with only what is in the list, at every depth; metadata is ours and stays whole."""
    kept = {name: value for name, value in found.items() if name in _KEPT.split()}
    return {name: cut_down(value) if _is_nested(name, value) else value for name, value in kept.items()}


def facts(event: Json) -> NoticeFacts:
    """What an event is about."""
    found: Json = event["data"]["object"]
    kind = found.get("object", "")
    is_intent = kind == "payment_intent"
    return NoticeFacts(
        payment_id=(found.get("metadata") or {}).get("payment_id", ""),
        intent_id=found["id"] if is_intent else _id(found.get("payment_intent")),
        standing=standing(found) if kind in _KINDS else None,
        decline=_decline(event, found) if event["type"] == "payment_intent.payment_failed" else None,
        dispute=_dispute(found) if kind == "dispute" else None,
        is_refund=kind == "refund" or event["type"] == "charge.refunded",
    )


def _session(found: Json) -> Standing:
    intent = found.get("payment_intent")
    expanded: Json = intent if isinstance(intent, dict) else {}
    phase = _session_phase(found, expanded)
    amount = expanded.get("amount_received") or found["amount_total"]
    return Standing(
        kind=Kind.SESSION,
        provider_id=found["id"],
        phase=phase,
        intent_id=_id(intent),
        checkout_url=found.get("url") or "",
        captured=from_provider(amount, expanded.get("currency") or found["currency"]) if phase is Phase.PAID else None,
        **_names(found),
    )


def _session_phase(found: Json, intent: Json) -> Phase:
    """Only its payment status says that a session is paid; a completed one that is not still may be, or has failed."""
    if found["payment_status"] == "paid":
        return Phase.PAID
    if found["status"] == "complete":
        return Phase.ENDED if intent.get("status") in ("requires_payment_method", "canceled") else Phase.PROCESSING
    return Phase.PAYABLE if found["status"] == "open" else Phase.ENDED


def _intent(found: Json) -> Standing:
    phase = _INTENT_PHASES.get(found["status"], Phase.PAYABLE)
    return Standing(
        kind=Kind.INTENT,
        provider_id=found["id"],
        phase=phase,
        intent_id=found["id"],
        captured=from_provider(found["amount_received"], found["currency"]) if phase is Phase.PAID else None,
        **_names(found),
    )


def _is_nested(name: str, value: Any) -> bool:
    return name != "metadata" and isinstance(value, dict)


def _names(found: Json) -> Json:
    metadata = found.get("metadata") or {}
    number = str(metadata.get("attempt", ""))
    return {
        "payment_id": metadata.get("payment_id", ""),
        "attempt_number": int(number) if number.isdecimal() else 0,
    }


def _decline(event: Json, intent: Json) -> Decline:
    """One try is one charge; a try that ended before any charge is known by its event."""
    error: Json = intent.get("last_payment_error") or {}
    code = error.get("decline_code") or error.get("code") or "card_declined"
    return Decline(
        reference=_id(error.get("charge")) or event["id"],
        code="card_declined" if code in _PRIVATE_DECLINES else code,
        message=error.get("message") or "The payment was declined.",
        time=datetime.fromtimestamp(event["created"], UTC),
    )


def _dispute(found: Json) -> Dispute:
    return Dispute(found["id"], "", from_provider(found["amount"], found["currency"]), found["status"])


def _id(reference: Any) -> str:
    """The id of an object that is named by its id or expanded."""
    return reference["id"] if isinstance(reference, dict) else reference or ""
