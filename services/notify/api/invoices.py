"""Issued invoices and credit notes as messages to whoever bought."""

from datetime import UTC
from typing import Any

from shopmesh.payment.v1 import invoice_pb2
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued

from services.chassis.events import Event
from services.chassis.protos import datetime_of, money_from_proto
from services.notify.domain.deliveries import Message

_TEMPLATES = {
    invoice_pb2.INVOICE_KIND_INVOICE: "invoice_issued",
    invoice_pb2.INVOICE_KIND_CREDIT_NOTE: "credit_note_issued",
}


def invoice_issued(event: Event[InvoiceIssued]) -> Message:
    """To whoever bought: the document's number and amount; its PDF is fetched when the mail is sent."""
    invoice = event.data
    total = money_from_proto(invoice.total, "total")
    payload: dict[str, Any] = {
        "invoice_id": invoice.invoice_id,
        "number": invoice.number,
        "corrects_number": invoice.corrects_number,
        "total": {"amount": total.amount, "currency": total.currency},
        "issue_time": datetime_of(invoice.issue_time).astimezone(UTC).isoformat(),
    }
    contact = invoice.contact
    return Message(
        event.id,
        _TEMPLATES[invoice.kind],
        contact.email,
        contact.display_name,
        contact.locale,
        invoice.order_id,
        payload,
    )
