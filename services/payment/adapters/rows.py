"""Payments as rows, and back."""

from typing import Any

from psycopg.types.json import Jsonb

from services.chassis import ids
from services.chassis.database import Row
from services.chassis.money import Money
from services.payment.domain.bill import Contact
from services.payment.domain.lines import PaidLine, RefundLine
from services.payment.domain.payment import (
    Attempt,
    AttemptState,
    Cause,
    Decline,
    Dispute,
    Flow,
    Kind,
    Payment,
    Refund,
    RefundState,
    State,
    Verdict,
)

Columns = dict[str, Any]


def payment_columns(payment: Payment) -> Columns:
    """The row of a payment itself."""
    return {
        "id": ids.uuid_of(payment.id),
        "order_id": ids.uuid_of(payment.order_id),
        "user_id": ids.uuid_of(payment.user_id) if payment.user_id else None,
        "order_token_hash": payment.order_token_hash,
        "flow": payment.flow,
        "state": payment.state,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "expire_time": payment.expire_time,
        "traceparent": payment.traceparent,
        "lines": Jsonb([_paid_line_columns(line) for line in payment.lines]),
        "version": payment.version,
        "create_time": payment.create_time,
        "update_time": payment.update_time,
    }


def contact_columns(contact: Contact) -> Columns:
    return {"email": contact.email, "display_name": contact.display_name, "locale": contact.locale}


def attempt_columns(payment: Payment, attempt: Attempt) -> Columns:
    captured = attempt.captured
    return {
        "id": ids.uuid_of(attempt.id),
        "payment_id": ids.uuid_of(payment.id),
        "number": attempt.number,
        "kind": attempt.kind,
        "state": attempt.state,
        "found": attempt.found,
        "body": attempt.body,
        "first_sent_time": attempt.first_sent_time,
        "provider_id": attempt.provider_id or None,
        "intent_id": attempt.intent_id or None,
        "checkout_url": attempt.checkout_url,
        "captured_amount": captured.amount if captured else None,
        "captured_currency": captured.currency if captured else None,
        "verdict": attempt.verdict,
        "refusal": attempt.refusal,
    }


def refund_columns(payment: Payment, refund: Refund) -> Columns:
    return {
        "id": ids.uuid_of(refund.id),
        "payment_id": ids.uuid_of(payment.id),
        "number": refund.number,
        "attempt_id": ids.uuid_of(refund.attempt_id),
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
        "cause": refund.cause,
        "state": refund.state,
        "body": refund.body,
        "provider_id": refund.provider_id or None,
        "failure": refund.failure,
        "reason": refund.reason,
        "lines": Jsonb([_refund_line_columns(line) for line in refund.lines]),
        "create_time": refund.create_time,
    }


def dispute_columns(payment: Payment, dispute: Dispute) -> Columns:
    return {
        "id": dispute.id,
        "payment_id": ids.uuid_of(payment.id),
        "attempt_id": ids.uuid_of(dispute.attempt_id),
        "amount": dispute.amount.amount,
        "currency": dispute.amount.currency,
        "status": dispute.status,
    }


def decline_columns(payment: Payment, decline: Decline) -> Columns:
    return {
        "payment_id": ids.uuid_of(payment.id),
        "reference": decline.reference,
        "code": decline.code,
        "message": decline.message,
        "decline_time": decline.time,
    }


def payment_of(row: Row, parts: dict[str, list[Row]]) -> Payment:
    """A payment of its row and those of its parts, by table."""
    return Payment(
        id=ids.text("pay", row["id"]),
        order_id=ids.text("ord", row["order_id"]),
        user_id=ids.text("usr", row["user_id"]) if row["user_id"] else "",
        order_token_hash=bytes(row["order_token_hash"]),
        flow=Flow(row["flow"]),
        amount=Money(row["amount"], row["currency"]),
        expire_time=row["expire_time"],
        create_time=row["create_time"],
        update_time=row["update_time"],
        traceparent=row["traceparent"],
        lines=tuple(_paid_line(each, row["currency"]) for each in row["lines"]),
        state=State(row["state"]),
        version=row["version"],
        attempts=tuple(_attempt(each) for each in parts["attempts"]),
        refunds=tuple(_refund(each) for each in parts["refunds"]),
        disputes=tuple(_dispute(each) for each in parts["disputes"]),
        declines=tuple(_decline(each) for each in parts["declines"]),
    )


def contact_of(row: Row) -> Contact:
    return Contact(row["email"], row["display_name"], row["locale"])


def _attempt(row: Row) -> Attempt:
    amount, currency = row["captured_amount"], row["captured_currency"]
    return Attempt(
        id=ids.text("att", row["id"]),
        number=row["number"],
        kind=Kind(row["kind"]),
        state=AttemptState(row["state"]),
        first_sent_time=row["first_sent_time"],
        body=bytes(row["body"]),
        found=row["found"],
        provider_id=row["provider_id"] or "",
        intent_id=row["intent_id"] or "",
        checkout_url=row["checkout_url"],
        captured=Money(amount, currency) if amount is not None else None,
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        refusal=row["refusal"],
    )


def _refund(row: Row) -> Refund:
    return Refund(
        id=ids.text("ref", row["id"]),
        number=row["number"],
        attempt_id=ids.text("att", row["attempt_id"]),
        amount=Money(row["amount"], row["currency"]),
        cause=Cause(row["cause"]),
        state=RefundState(row["state"]),
        create_time=row["create_time"],
        body=bytes(row["body"]),
        provider_id=row["provider_id"] or "",
        failure=row["failure"],
        reason=row["reason"],
        lines=tuple(_refund_line(each, row["currency"]) for each in row["lines"]),
    )


def _paid_line_columns(line: PaidLine) -> Columns:
    names = {"variant_id": line.variant_id, "title": line.title, "variant_title": line.variant_title}
    return names | {"quantity": line.quantity, "total": line.total.amount}


def _paid_line(row: Row, currency: str) -> PaidLine:
    total = Money(row["total"], currency)
    return PaidLine(row["variant_id"], row["title"], row["variant_title"], row["quantity"], total)


def _refund_line_columns(line: RefundLine) -> Columns:
    return {"variant_id": line.variant_id, "quantity": line.quantity, "amount": line.amount.amount}


def _refund_line(row: Row, currency: str) -> RefundLine:
    return RefundLine(row["variant_id"], row["quantity"], Money(row["amount"], currency))


def _dispute(row: Row) -> Dispute:
    return Dispute(row["id"], ids.text("att", row["attempt_id"]), Money(row["amount"], row["currency"]), row["status"])


def _decline(row: Row) -> Decline:
    return Decline(row["reference"], row["code"], row["message"], row["decline_time"])
