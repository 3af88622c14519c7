"""Payment's events as the messages that are published, composed with the addressee's contact."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message
from shopmesh.common.v1 import contact_pb2
from shopmesh.payment.v1 import invoice_pb2, payment_pb2
from shopmesh.payment.v1 import payment_events_pb2 as pb

from services.chassis.protos import money_to_proto, timestamp
from services.payment.domain.bill import Contact
from services.payment.domain.events import (
    AttemptDeclined,
    Closed,
    Event,
    InvoiceIssued,
    Refunded,
    RefundFailed,
    Succeeded,
)
from services.payment.domain.invoices import InvoiceKind
from services.payment.domain.lines import RefundLine
from services.payment.domain.payment import Payment

TOPIC = "payment-events"
_KINDS: dict[str, invoice_pb2.InvoiceKind] = {
    InvoiceKind.INVOICE: invoice_pb2.INVOICE_KIND_INVOICE,
    InvoiceKind.CREDIT_NOTE: invoice_pb2.INVOICE_KIND_CREDIT_NOTE,
}


def message(event: Event, payment: Payment, contact: Contact | None) -> Message:
    """The message of an event; without a contact where it was erased."""
    return _MESSAGES[type(event)](event, payment, _contact(contact))


def _contact(contact: Contact | None) -> contact_pb2.Contact | None:
    if contact is None:
        return None
    return contact_pb2.Contact(email=contact.email, display_name=contact.display_name, locale=contact.locale)


def _succeeded(event: Succeeded, payment: Payment, _: contact_pb2.Contact | None) -> Message:
    return pb.PaymentSucceeded(
        payment_id=payment.id,
        order_id=payment.order_id,
        captured=money_to_proto(event.captured),
        succeed_time=timestamp(event.time),
    )


def _declined(event: AttemptDeclined, payment: Payment, contact: contact_pb2.Contact | None) -> Message:
    return pb.PaymentAttemptDeclined(
        payment_id=payment.id,
        order_id=payment.order_id,
        decline=payment_pb2.Decline(code=event.code, message=event.message),
        contact=contact,
        checkout_url=event.checkout_url,
        expire_time=timestamp(payment.expire_time),
        decline_time=timestamp(event.time),
    )


def _closed(event: Closed, payment: Payment, _: contact_pb2.Contact | None) -> Message:
    return pb.PaymentClosed(payment_id=payment.id, order_id=payment.order_id, close_time=timestamp(event.time))


def _refunded(event: Refunded, payment: Payment, contact: contact_pb2.Contact | None) -> Message:
    return pb.PaymentRefunded(
        payment_id=payment.id,
        order_id=payment.order_id,
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        refunded=money_to_proto(event.total),
        cause=event.cause,
        contact=contact,
        refund_time=timestamp(event.time),
        reason=event.reason,
        lines=[_refund_line(payment, line) for line in event.lines],
    )


def _refund_failed(event: RefundFailed, payment: Payment, _: contact_pb2.Contact | None) -> Message:
    return pb.PaymentRefundFailed(
        payment_id=payment.id,
        order_id=payment.order_id,
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        refunded=money_to_proto(event.total),
        cause=event.cause,
        fail_time=timestamp(event.time),
    )


def _refund_line(payment: Payment, line: RefundLine) -> payment_pb2.RefundLine:
    paid = payment.line(line.variant_id)
    return payment_pb2.RefundLine(
        variant_id=line.variant_id,
        title=paid.title,
        variant_title=paid.variant_title,
        quantity=line.quantity,
        amount=money_to_proto(line.amount),
    )


def _invoice_issued(event: InvoiceIssued, payment: Payment, contact: contact_pb2.Contact | None) -> Message:
    return pb.InvoiceIssued(
        invoice_id=event.invoice_id,
        order_id=payment.order_id,
        kind=_KINDS[event.kind],
        number=event.number,
        corrects_number=event.corrects_number,
        total=money_to_proto(event.total),
        contact=contact,
        issue_time=timestamp(event.time),
    )


_MESSAGES: dict[type[Event], Callable[[Any, Payment, contact_pb2.Contact | None], Message]] = {
    Succeeded: _succeeded,
    AttemptDeclined: _declined,
    Closed: _closed,
    Refunded: _refunded,
    RefundFailed: _refund_failed,
    InvoiceIssued: _invoice_issued,
}
