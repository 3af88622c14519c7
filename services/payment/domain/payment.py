"""A payment: what is asked for, the attempts at the provider, and what moved."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from services.chassis.errors import FailedPrecondition
from services.chassis.money import Money
from services.payment.domain.events import Event
from services.payment.domain.lines import PaidLine, RefundLine


class Flow(StrEnum):
    """How the customer pays: on the provider's page, or in a form on the shop's own."""

    HOSTED = "HOSTED"
    EMBEDDED = "EMBEDDED"


class State(StrEnum):
    """Where a payment stands. States only ever move to a higher rank; the two endings share one and are final."""

    OPEN = "OPEN"
    CLOSING = "CLOSING"
    SUCCEEDED = "SUCCEEDED"
    CLOSED = "CLOSED"

    @property
    def rank(self) -> int:
        return {State.OPEN: 0, State.CLOSING: 1}.get(self, 2)

    @property
    def is_final(self) -> bool:
        return self.rank == State.CLOSED.rank


class Kind(StrEnum):
    """What an attempt is at the provider: a Checkout Session (hosted) or a Payment Intent (embedded)."""

    SESSION = "SESSION"
    INTENT = "INTENT"


class AttemptState(StrEnum):
    """SENT: outcome unknown. LIVE: exists there. CAPTURED, ENDED: over there. LOST: never came to exist."""

    SENT = "SENT"
    LIVE = "LIVE"
    CAPTURED = "CAPTURED"
    ENDED = "ENDED"
    LOST = "LOST"

    @property
    def is_open(self) -> bool:
        """Whether money may still arrive through it."""
        return self in (AttemptState.SENT, AttemptState.LIVE)


class Verdict(StrEnum):
    """What a capture means: only COUNTED pays the order, the others go back by themselves."""

    COUNTED = "COUNTED"
    MISMATCH = "MISMATCH"
    LATE_CAPTURE = "LATE_CAPTURE"


class Cause(StrEnum):
    """Why money goes back. PROVIDER: somebody did it at Stripe; it is recorded, not caused, by us. STAFF: by request."""

    ORDER_REJECTED = "ORDER_REJECTED"
    ORDER_CANCELED = "ORDER_CANCELED"
    MISMATCH = "MISMATCH"
    LATE_CAPTURE = "LATE_CAPTURE"
    PROVIDER = "PROVIDER"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One session or intent at the provider.

    `body` is the request as first sent, kept until its outcome is known; empty for one that was found there.
    `refusal` is why the provider would not make it.
    """

    id: str
    number: int
    kind: Kind
    state: AttemptState
    first_sent_time: datetime
    body: bytes = b""
    found: bool = False
    provider_id: str = ""
    intent_id: str = ""
    checkout_url: str = ""
    captured: Money | None = None
    verdict: Verdict | None = None
    refusal: str = ""


class RefundState(StrEnum):
    """A refund that FAILED gives its amount back: it can be refunded again."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back from one capture. `body` as with attempts; `provider_id` is empty until Stripe knows it.

    `reason` is told to the customer; `lines` say what it pays back, and what it is more than these is shipping.
    """

    id: str
    number: int
    attempt_id: str
    amount: Money
    cause: Cause
    state: RefundState
    create_time: datetime
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()
    body: bytes = b""
    provider_id: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """The customer's bank claims money back. Source of the statuses: docs.stripe.com/api/disputes."""

    id: str
    attempt_id: str
    amount: Money
    status: str

    @property
    def is_taken(self) -> bool:
        """Whether the bank has the money: not in an inquiry, nor once it was won."""
        return self.status != "won" and not self.status.startswith("warning_")

    @property
    def is_decided(self) -> bool:
        """Whether the bank has said its last word."""
        return self.status in ("won", "lost", "warning_closed")


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an attempt to pay was declined; `reference` names that one try at the provider."""

    reference: str
    code: str
    message: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment of one order. `version` counts its published events; `traceparent` is the purchase's trace."""

    id: str
    order_id: str
    user_id: str
    order_token_hash: bytes
    flow: Flow
    amount: Money
    expire_time: datetime
    create_time: datetime
    update_time: datetime
    traceparent: str = ""
    lines: tuple[PaidLine, ...] = ()
    state: State = State.OPEN
    version: int = 0
    attempts: tuple[Attempt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    declines: tuple[Decline, ...] = ()

    @property
    def kind(self) -> Kind:
        """What its attempts are."""
        return Kind.SESSION if self.flow is Flow.HOSTED else Kind.INTENT

    @property
    def open_attempts(self) -> tuple[Attempt, ...]:
        """Attempts through which money may still arrive."""
        return tuple(attempt for attempt in self.attempts if attempt.state.is_open)

    @property
    def payable_attempt(self) -> Attempt | None:
        """The attempt that the customer pays through, while they can."""
        live = (attempt for attempt in self.attempts if attempt.state is AttemptState.LIVE)
        return next(live, None) if self.state is State.OPEN else None

    @property
    def captured(self) -> Money:
        """What was captured in the payment's currency, whatever it counts for."""
        return total((a.captured for a in self.attempts if a.captured), self.amount.currency)

    @property
    def refunded(self) -> Money:
        """What went back in the payment's currency."""
        succeeded = (r.amount for r in self.refunds if r.state is RefundState.SUCCEEDED)
        return total(succeeded, self.amount.currency)

    @property
    def last_decline(self) -> Decline | None:
        return max(self.declines, key=lambda decline: decline.time, default=None)

    def attempt(self, id: str) -> Attempt:
        """The attempt of this id."""
        return next(attempt for attempt in self.attempts if attempt.id == id)

    def line(self, variant_id: str) -> PaidLine:
        """The line of this variant."""
        return next(line for line in self.lines if line.variant_id == variant_id)

    def refund(self, id: str) -> Refund:
        """The refund of this id."""
        return next(refund for refund in self.refunds if refund.id == id)

    def attempt_of_intent(self, intent_id: str) -> Attempt | None:
        """The attempt whose Payment Intent this is, if it is known."""
        return next((attempt for attempt in self.attempts if intent_id and attempt.intent_id == intent_id), None)

    def with_attempt(self, changed: Attempt) -> "Payment":
        """With one attempt replaced, or added at the end."""
        return replace(self, attempts=_with(self.attempts, changed))

    def with_refund(self, changed: Refund) -> "Payment":
        """With one refund replaced, or added at the end."""
        return replace(self, refunds=_with(self.refunds, changed))

    def with_dispute(self, changed: Dispute) -> "Payment":
        """With one dispute replaced, or added at the end."""
        return replace(self, disputes=_with(self.disputes, changed))


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision makes of a payment: its next value, the events to publish, and what has to follow.

    `obligations` are new ones to give everything back; `reopen_after` seconds the present ones are looked at again.
    """

    payment: Payment
    events: tuple[Event, ...] = ()
    obligations: tuple[Cause, ...] = ()
    reopen_after: float | None = None
    alarms: tuple[str, ...] = ()

    def then(self, following: "Change") -> "Change":
        """This change and, on top of it, another."""
        return Change(
            following.payment,
            self.events + following.events,
            self.obligations + following.obligations,
            self.reopen_after if following.reopen_after is None else following.reopen_after,
            self.alarms + following.alarms,
        )


def payment_closed(order_id: str) -> FailedPrecondition:
    """The refusal of a payment that was ended before."""
    return FailedPrecondition("PAYMENT_CLOSED", f"the payment of order {order_id} was closed")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of those amounts that are in `currency`."""
    return sum((amount for amount in amounts if amount.currency == currency), Money.zero(currency))


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Part = TypeVar("_Part", bound=_Identified)


def _with(items: tuple[_Part, ...], changed: _Part) -> tuple[_Part, ...]:
    if any(item.id == changed.id for item in items):
        return tuple(changed if item.id == changed.id else item for item in items)
    return (*items, changed)
