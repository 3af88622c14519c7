"""What payment's use cases need of the world."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from services.chassis.errors import Unavailable
from services.chassis.money import Money
from services.payment.domain.bill import Bill, Contact
from services.payment.domain.invoices import Document, Invoice
from services.payment.domain.payment import Attempt, Cause, Change, Decline, Dispute, Kind, Payment, Refund
from services.payment.domain.refunds import RefundFact
from services.payment.domain.settlement import Standing
from services.payment.domain.sweeping import Sweep

Sleep = Callable[[float], Awaitable[None]]


class TaskKind(StrEnum):
    """Steps that follow a commit.

    GIVE_BACK is keyed by order and cause, CREDIT by order, RENDER by invoice, the others by payment or notice.
    """

    HANDLE_NOTICE = "handle-notice"
    GIVE_BACK = "give-back"
    END_ATTEMPTS = "end-attempts"
    SETTLE = "settle"
    CREDIT = "credit"
    RENDER = "render-invoice"


class ProviderAway(Unavailable):
    """Stripe did not answer, or not now: whether the request took effect is unknown."""


class ProviderBusy(ProviderAway):
    """Stripe is still at work on an earlier request under the same key."""


class ProviderFault(Exception):
    """Stripe answered 5xx; `stored` where it gives this same answer to every repeat of the key."""

    def __init__(self, stored: bool) -> None:
        super().__init__("Stripe answered with a server error")
        self.stored = stored


class ProviderRefusal(Exception):
    """Stripe refused the request for good: nothing took effect."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events of the types that concern us, cut down as notices are; `last_id` is the oldest one's."""

    events: list[dict[str, Any]]
    last_id: str
    has_more: bool


class Provider(Protocol):
    """Stripe. Every method raises ProviderAway where it does not answer."""

    def attempt_body(self, payment: Payment, bill: Bill, number: int) -> bytes:
        """The request that makes the attempt `number`."""

    def refund_body(self, payment: Payment, refund: Refund, attempt: Attempt) -> bytes:
        """The request that makes a refund."""

    async def make_attempt(self, kind: Kind, body: bytes, key: str) -> Standing:
        """Sends a stored request; the same key and body have one effect. ProviderFault, ProviderRefusal."""

    async def find_attempt(self, attempt: Attempt, payment_id: str) -> Standing | None:
        """Pages through what was made since the attempt was first sent, for the one that names it."""

    async def standing(self, kind: Kind, provider_id: str) -> Standing:
        """What Stripe says of a session or intent now."""

    async def standing_of_intent(self, intent_id: str) -> Standing:
        """The session that an intent belongs to, or the intent where it belongs to none."""

    async def end(self, kind: Kind, provider_id: str) -> None:
        """Expires a session, cancels an intent; one that cannot be ended any more is left as it is."""

    async def client_secret(self, intent_id: str) -> str:
        """The secret by which a browser may confirm the intent."""

    async def make_refund(self, body: bytes, key: str) -> RefundFact:
        """Sends a stored refund; as `make_attempt`."""

    async def refund_all(self, intent_id: str, payment_id: str) -> RefundFact:
        """Gives back all of an intent's money, in the name of a payment that is not here: once, and again
        where that failed. ProviderRefusal."""

    async def refunds(self, intent_id: str) -> list[RefundFact]:
        """Every refund of an intent, whoever made it."""

    async def events(self, since: datetime, after: str) -> EventPage:
        """A page of the events since, the newest first, behind the event `after`; ProviderRefusal where that is gone."""


class Payments(Protocol):
    """Payments, one for an order. Every change locks the payment first."""

    async def open(self, order_id: str, make: Callable[[], tuple[Payment, Contact]]) -> Payment:
        """The payment of the order, made where there is none. PAYMENT_CLOSED where the order was closed before."""

    async def close(self, order_id: str, now: datetime) -> Payment | None:
        """Marks the order's payment CLOSING; where there is none, leaves a tombstone and answers None."""

    async def by_order(self, order_id: str) -> Payment | None: ...

    async def get(self, payment_id: str) -> Payment | None: ...

    async def named(self, text: str) -> Payment | None:
        """The payment that metadata at Stripe names, whatever was written there."""

    async def by_intent(self, intent_id: str) -> Payment | None:
        """The payment one of whose attempts has this Payment Intent."""

    async def update(self, payment_id: str, decide: Callable[[Payment], Change]) -> Payment:
        """Locks the payment, applies the decision with its events, obligations and tasks; the payment after it."""

    async def settle_unfinished(self, before: datetime) -> None:
        """Leaves a SETTLE task for each payment that is OPEN or CLOSING and last changed before, in several commits."""


class Obligations(Protocol):
    """What has to go back to customers."""

    async def add(self, order_id: str, cause: Cause) -> None:
        """Once for an order and cause, with the task that sees to it."""

    async def fulfil(self, order_id: str, cause: Cause, now: datetime) -> None: ...


class Invoices(Protocol):
    """Invoices and credit notes: added, never changed."""

    async def issue(
        self, order_id: str, decide: Callable[[Payment, Sequence[Invoice]], Document | None]
    ) -> Invoice | None:
        """Locks the order's payment, and issues what is decided of it and of what was issued for the order before.

        The number, the event and the task that renders it are of the same commit.
        """

    async def get(self, order_id: str, invoice_id: str) -> Invoice | None: ...

    async def of_order(self, order_id: str, after: str, count: int) -> list[Invoice]:
        """At most `count`, the oldest first, after the one with the id `after` (empty: from the first on)."""

    async def file(self, invoice_id: str) -> bytes | None:
        """Its PDF; None where it was not rendered yet."""

    async def keep_file(self, invoice_id: str, content: bytes) -> bytes:
        """Keeps the first PDF of an invoice for good, and answers that one."""


class InvoiceRenderer(Protocol):
    """Makes PDFs."""

    async def render(self, invoice: Invoice) -> bytes:
        """The invoice as PDF/A-3a with PDF/UA-1."""


class NoticeState(StrEnum):
    """UNKNOWN: names a payment that we do not have. IGNORED: not about our payments."""

    RECEIVED = "RECEIVED"
    HANDLED = "HANDLED"
    UNKNOWN = "UNKNOWN"
    IGNORED = "IGNORED"


@dataclass(frozen=True, slots=True)
class Notice:
    """A stored notice: Stripe's event, and how far we are with it."""

    id: str
    type: str
    event: dict[str, Any]
    state: NoticeState


class Notices(Protocol):
    """Stripe's notices, by the ids of its events."""

    async def add(self, notices: Sequence[Notice], now: datetime) -> None:
        """Stores notices, with the tasks that handle those RECEIVED; one that is known changes nothing."""

    async def get(self, id: str) -> Notice | None: ...

    async def mark(self, id: str, state: NoticeState, now: datetime) -> None: ...

    async def purge(self, before: datetime) -> None:
        """Deletes those received before that need nobody any more: HANDLED and IGNORED ones."""


@dataclass(frozen=True, slots=True)
class UnknownCapture:
    """Money at Stripe that names a payment which we do not have."""

    intent_id: str
    payment_id: str
    amount: Money
    find_time: datetime


class UnknownCaptures(Protocol):
    """For staff to refund."""

    async def add(self, standing: Standing, now: datetime) -> None:
        """Once for an intent."""

    async def all(self) -> Sequence[UnknownCapture]:
        """The oldest first."""

    async def get(self, intent_id: str) -> UnknownCapture | None: ...


class Sweeps(Protocol):
    """How far Stripe's list of events was read."""

    async def get(self) -> Sweep | None:
        """None before the first sweep."""

    async def save(self, sweep: Sweep) -> None: ...


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice is about; what does not apply is empty. `dispute` names no attempt yet."""

    payment_id: str = ""
    intent_id: str = ""
    standing: Standing | None = None
    decline: Decline | None = None
    dispute: Dispute | None = None
    is_refund: bool = False


class NoticeReader(Protocol):
    """Reads what arrives at the webhook."""

    def verify(self, payload: bytes, signature: str) -> dict[str, Any]:
        """The event, as signed by Stripe; INVALID_ARGUMENT where signature or age is wrong."""

    def concerns_us(self, event: dict[str, Any]) -> bool:
        """Whether notices of this type are handled at all."""

    def read(self, event: dict[str, Any]) -> NoticeFacts:
        """What it is about."""


class Alarms(Protocol):
    """Calls a person: an error in the log, counted in a metric."""

    def raise_alarm(self, kind: str, **about: str) -> None: ...
