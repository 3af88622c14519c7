"""Disputes: a customer's bank takes a charge back. Opened by a test card or by the control API."""

from __future__ import annotations

from . import defaults, events, ids
from .errors import Json
from .store import Record, Tx

_ANSWER_WITHIN_S = 7 * 86400


def open_dispute(tx: Tx, charge: Record, *, reason: str, amount: int | None = None) -> Json:
    """Open a dispute over `amount` minor units (all of the charge where None) and announce it."""
    details = {
        "due_by": tx.now + _ANSWER_WITHIN_S,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
    }
    body = defaults.new(
        defaults.DISPUTE,
        id=ids.new_id("du_1"),
        created=tx.now,
        amount=amount or charge.body["amount"],
        charge=charge.id,
        currency=charge.body["currency"],
        evidence_details=details,
        payment_intent=charge.body["payment_intent"],
        reason=reason,
    )
    charge.body["disputed"] = True
    tx.save(charge)
    tx.insert(Record("dispute", body, subject=charge.body["payment_intent"]))
    events.emit(tx, "charge.dispute.created", body)
    return body
