"""The events of an order's stream: what happened, without personal data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.chassis.money import Money
from services.order.domain.totals import Line, Totals


class PaymentFlow(StrEnum):
    """How an order is paid: on the provider's page, or with its form embedded in the shop's."""

    HOSTED = "HOSTED"
    EMBEDDED = "EMBEDDED"


@dataclass(frozen=True, slots=True)
class Placed:
    """The first event of every stream; `user_id` is empty for a guest, the addresses are empty for EMBEDDED."""

    occurred_at: datetime
    user_id: str
    contact_id: str
    cart_id: str
    lines: tuple[Line, ...]
    totals: Totals
    payment_flow: PaymentFlow
    expire_time: datetime
    token_key_id: str
    token_hash: bytes
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The payment arrived."""

    occurred_at: datetime
    payment_id: str
    captured: Money


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The stock was sold."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """The paid order could not be filled; `reason` is UPPER_SNAKE."""

    occurred_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody asked to cancel while the payment was still open."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Canceled:
    """The order was called off."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """The order was not paid in time."""

    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRecorded:
    """Money went back; `amount` may be of another currency where a capture of the wrong one was refunded.

    `refunded` is what had gone back in all by then, in the same currency: less than the sum of the amounts where a refund
    came back. None in streams of before it was stored.
    """

    occurred_at: datetime
    refund_id: str
    amount: Money
    refunded: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundFailureRecorded:
    """Money that went back came back; `refunded` is what has gone back in all without it, in the same currency."""

    occurred_at: datetime
    refund_id: str
    amount: Money
    refunded: Money


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The contact was changed or erased; moves the version so that copies follow."""

    occurred_at: datetime


StreamEvent = (
    Placed
    | Paid
    | Confirmed
    | Rejected
    | CancelRequested
    | Canceled
    | Expired
    | RefundRecorded
    | RefundFailureRecorded
    | ContactChanged
)
