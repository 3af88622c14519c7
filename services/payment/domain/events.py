"""What happened to a payment, as other services learn it. The addressee's contact is added when the event is stored."""

from dataclasses import dataclass
from datetime import datetime

from services.chassis.money import Money
from services.payment.domain.lines import RefundLine


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Captured in full."""

    captured: Money
    time: datetime


@dataclass(frozen=True, slots=True)
class AttemptDeclined:
    """A try was declined; the payment stays open."""

    code: str
    message: str
    checkout_url: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """Ended unpaid."""

    time: datetime


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money went back; `total` is what went back in all so far, in the refund's currency."""

    refund_id: str
    amount: Money
    total: Money
    cause: str
    time: datetime
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """Money that had gone back came back; `total` is what went back in all without it, in the refund's currency."""

    refund_id: str
    amount: Money
    total: Money
    cause: str
    time: datetime


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """An invoice or a credit note was issued: `kind` as InvoiceKind says, `corrects_number` empty on an invoice."""

    invoice_id: str
    kind: str
    number: str
    corrects_number: str
    total: Money
    time: datetime


Event = Succeeded | AttemptDeclined | Closed | Refunded | RefundFailed | InvoiceIssued
