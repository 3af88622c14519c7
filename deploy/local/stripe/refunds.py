"""Refunds: never more than was captured; they may stay pending, or fail later and give the amount back."""

from __future__ import annotations

from . import cards, defaults, events, ids, switches
from .calls import Call, Endpoint
from .currency import display
from .errors import Json, invalid, refused, resource_missing
from .lists import readable
from .params import EXPAND, Fields, Integer, Metadata, Text
from .store import Query, Record, Tx
from .switches import Subject

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
CREATE = Fields(
    {
        "payment_intent": Text(),
        "charge": Text(),
        "amount": Integer(least=1),
        "metadata": Metadata(),
        "reason": Text(choices=_REASONS),
        "expand": EXPAND,
    }
)


def create(tx: Tx, call: Call) -> Json:
    """`POST /v1/refunds`: of an intent or a charge, all that is left where no amount is given."""
    charge = _charge(tx, call.params)
    pending = switches.take(
        tx,
        "refund_pending",
        Subject(method=call.method, path=call.path, text=call.raw, metadata=switches.metadata_around(tx, call.params)),
    )
    record = refund(tx, charge, call.params, pending=pending is not None)
    answer = dict(record.body)
    if _fate(charge) == "failed":
        fail(tx, record, "lost_or_stolen_card")
    return answer


def refund(tx: Tx, charge: Record, given: Json, *, pending: bool = False) -> Record:
    """Refund `given["amount"]` minor units of a charge and announce it."""
    amount = _amount(charge, given)
    status = "pending" if pending or _fate(charge) == "pending" else "succeeded"
    body = defaults.new(
        defaults.REFUND,
        id=ids.new_id("re_3"),
        created=tx.now,
        amount=amount,
        charge=charge.id,
        currency=charge.body["currency"],
        metadata=given.get("metadata", {}),
        payment_intent=charge.body["payment_intent"],
        reason=given.get("reason"),
        status=status,
    ) | ({"pending_reason": "processing"} if status == "pending" else {})
    record = tx.insert(Record("refund", body, subject=charge.body["payment_intent"]))
    _move(tx, charge, amount)
    events.emit(tx, "charge.refunded", charge.body)
    events.emit(tx, "refund.created", body)
    return record


def succeed(tx: Tx, record: Record) -> None:
    """A pending refund arrives."""
    _settle(tx, record, status="succeeded")


def fail(tx: Tx, record: Record, reason: str) -> None:
    """A refund comes back: its amount can be refunded again."""
    charge = tx.find("charge", record.body["charge"])
    if charge:
        _move(tx, charge, -record.body["amount"])
    _settle(tx, record, status="failed", failure_reason=reason)
    events.emit(tx, "refund.failed", record.body)


def charge_of(tx: Tx, intent_id: str) -> Record | None:
    """The charge that took an intent's money, or None."""
    charges = tx.select(Query("charge", subject=intent_id, limit=100))
    return next((charge for charge in charges if charge.body["paid"]), None)


def _fate(charge: Record) -> str:
    return cards.CARDS[charge.private["number"]].refund


def _settle(tx: Tx, record: Record, **fields: object) -> None:
    before = {name: record.body.get(name) for name in fields}
    record.body.pop("pending_reason", None)
    record.body |= fields
    tx.save(record)
    events.emit(tx, "refund.updated", record.body, before)
    events.emit(tx, "charge.refund.updated", record.body, before)


def _move(tx: Tx, charge: Record, amount: int) -> None:
    refunded = charge.body["amount_refunded"] + amount
    charge.body |= {"amount_refunded": refunded, "refunded": refunded == charge.body["amount_captured"]}
    tx.save(charge)


def _charge(tx: Tx, given: Json) -> Record:
    if "charge" in given:
        found = tx.find("charge", given["charge"])
        if not found:
            raise resource_missing("charge", given["charge"], "charge")
        return found
    if "payment_intent" not in given:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if not tx.find("payment_intent", given["payment_intent"]):
        raise resource_missing("payment_intent", given["payment_intent"], "payment_intent")
    found = charge_of(tx, given["payment_intent"])
    if not found:
        raise refused(
            f"This PaymentIntent ({given['payment_intent']}) does not have a successful charge to refund.",
            "payment_intent",
        )
    return found


def _amount(charge: Record, given: Json) -> int:
    left = charge.body["amount_captured"] - charge.body["amount_refunded"]
    if charge.body["disputed"]:
        raise refused(f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = left if given.get("amount") is None else int(given["amount"])
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if amount > left:
        code = charge.body["currency"]
        raise refused(
            f"Refund amount ({display(amount, code)}) is greater than unrefunded amount on charge "
            f"({display(left, code)})",
            "amount",
        )
    return amount


ENDPOINTS = (Endpoint("POST", "/v1/refunds", CREATE, create), *readable("/v1/refunds", "refund", "refund"))
