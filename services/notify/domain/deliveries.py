"""Messages and their deliveries."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

ORDER_SUBJECTS = {
    "order_confirmed": "Your order {subject_id} is confirmed",
    "payment_declined": "Your payment for order {subject_id} was declined",
    "order_refunded": "Your refund for order {subject_id}",
    "invoice_issued": "Your invoice for order {subject_id}",
    "credit_note_issued": "Your credit note for order {subject_id}",
}


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell one person.

    ``payload`` is all that its template needs, in plain JSON; money is ``{"amount": minor units, "currency": code}``,
    times are ISO 8601. ``locale`` is a BCP 47 tag or empty, ``subject_id`` the order or user that it is about.
    """

    event_id: UUID
    template: str
    recipient: str
    display_name: str
    locale: str
    subject_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; ``content_type`` is a MIME type."""

    name: str
    content_type: str
    content: bytes


class DeliveryState(StrEnum):
    """Where a delivery stands. SENDING: it was, or is being, handed over, and what came of it is not known."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way."""

    id: str
    message: Message
    subject: str
    message_id: str
    state: DeliveryState
    attempts: int
    last_error: str
    create_time: datetime
    send_time: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in (DeliveryState.SENT, DeliveryState.FAILED)


class Refused(Exception):
    """The mail server refuses the message for good."""


class Postponed(Exception):
    """The mail server did not take the message; a later attempt may succeed, and makes no second copy."""


def subject_of(message: Message, shop_name: str) -> str:
    """The subject line."""
    if message.template == "welcome":
        return f"Welcome to {shop_name}"
    return ORDER_SUBJECTS[message.template].format(subject_id=message.subject_id)


def message_id(message: Message, domain: str) -> str:
    """The Message-ID, the same for the same event, template and recipient. Source: RFC 5322 section 3.6.4."""
    key = f"{message.event_id}\0{message.template}\0{message.recipient.lower()}"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def handing_over(delivery: Delivery) -> Delivery:
    """The delivery just before it is handed over."""
    return replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)


def sent(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery that the mail server took."""
    return replace(delivery, state=DeliveryState.SENT, send_time=now, last_error="")


def refused(delivery: Delivery, error: str) -> Delivery:
    """The delivery that the mail server refuses for good."""
    return replace(delivery, state=DeliveryState.FAILED, last_error=error)


def postponed(delivery: Delivery, error: str) -> Delivery:
    """The delivery that certainly was not taken."""
    return replace(delivery, state=DeliveryState.PENDING, last_error=error)
