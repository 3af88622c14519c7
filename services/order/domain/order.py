"""An order as the fold of its stream, and as its readers see it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import singledispatch

from services.chassis.money import Money
from services.order.domain import events as ev
from services.order.domain.contact import Contact
from services.order.domain.events import PaymentFlow
from services.order.domain.totals import Line, Totals


class State(StrEnum):
    """Where an order stands."""

    PLACED = "PLACED"
    PAID = "PAID"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


SETTLED = frozenset({State.CONFIRMED, State.REJECTED, State.CANCELED, State.EXPIRED})
"""States that no longer change by themselves."""


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase. `version` counts the events of its stream."""

    id: str
    version: int
    state: State
    placed: ev.Placed
    update_time: datetime
    cancel_requested: bool = False
    payment_id: str | None = None
    reject_reason: str = ""
    refund_ids: frozenset[str] = frozenset()
    failed_refund_ids: frozenset[str] = frozenset()
    refunded_by_currency: dict[str, Money] = field(default_factory=dict)

    @property
    def refunded(self) -> Money | None:
        """What went back in the order's own currency; None where nothing did."""
        return self.refunded_by_currency.get(self.placed.totals.total.currency)

    @property
    def units(self) -> int:
        """How many units it is about, of all lines."""
        return sum(line.quantity for line in self.placed.lines)

    @property
    def settled(self) -> bool:
        """Whether the state no longer changes by itself."""
        return self.state in SETTLED


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its contact, as customers and staff read it."""

    id: str
    state: State
    user_id: str
    lines: tuple[Line, ...]
    totals: Totals
    contact: Contact | None
    payment_flow: PaymentFlow
    expire_time: datetime
    cancel_requested: bool
    refunded: Money | None
    reject_reason: str
    version: int
    create_time: datetime
    update_time: datetime


def view_of(order: Order, contact: Contact | None) -> OrderView:
    """Composes the fold with the contact, which is None once erased."""
    placed = order.placed
    return OrderView(
        id=order.id,
        state=order.state,
        user_id=placed.user_id,
        lines=placed.lines,
        totals=placed.totals,
        contact=contact,
        payment_flow=placed.payment_flow,
        expire_time=placed.expire_time,
        cancel_requested=order.cancel_requested,
        refunded=order.refunded,
        reject_reason=order.reject_reason,
        version=order.version,
        create_time=placed.occurred_at,
        update_time=order.update_time,
    )


def fold(order_id: str, stream: Iterable[ev.StreamEvent]) -> Order | None:
    """Folds a stream from its first event; None where it is empty. A stream that does not begin with Placed is a ValueError."""
    order: Order | None = None
    for event in stream:
        order = apply(order_id, order, event)
    return order


def apply(order_id: str, order: Order | None, event: ev.StreamEvent) -> Order:
    """The order after one more event."""
    if isinstance(event, ev.Placed):
        return _begin(order_id, order, event)
    if order is None:
        raise ValueError(f"the stream of {order_id} begins with {type(event).__name__}")
    moved = replace(order, version=order.version + 1, update_time=event.occurred_at)
    return _apply(event, moved)


def _begin(order_id: str, order: Order | None, event: ev.Placed) -> Order:
    if order is not None:
        raise ValueError(f"the stream of {order_id} holds Placed twice")
    return Order(id=order_id, version=1, state=State.PLACED, placed=event, update_time=event.occurred_at)


@singledispatch
def _apply(event: ev.StreamEvent, order: Order) -> Order:
    raise TypeError(f"no fold for {type(event).__name__}")


@_apply.register
def _(event: ev.Paid, order: Order) -> Order:
    return replace(order, state=State.PAID, payment_id=event.payment_id)


@_apply.register
def _(_event: ev.Confirmed, order: Order) -> Order:
    return replace(order, state=State.CONFIRMED)


@_apply.register
def _(event: ev.Rejected, order: Order) -> Order:
    return replace(order, state=State.REJECTED, reject_reason=event.reason)


@_apply.register
def _(_event: ev.CancelRequested, order: Order) -> Order:
    return replace(order, cancel_requested=True)


@_apply.register
def _(_event: ev.Canceled, order: Order) -> Order:
    return replace(order, state=State.CANCELED)


@_apply.register
def _(_event: ev.Expired, order: Order) -> Order:
    return replace(order, state=State.EXPIRED)


@_apply.register
def _(event: ev.RefundRecorded, order: Order) -> Order:
    currency = event.amount.currency
    so_far = event.refunded
    if so_far is None:
        so_far = order.refunded_by_currency.get(currency, Money.zero(currency)) + event.amount
    return replace(_with_refunded(order, so_far), refund_ids=order.refund_ids | {event.refund_id})


@_apply.register
def _(event: ev.RefundFailureRecorded, order: Order) -> Order:
    failed = order.failed_refund_ids | {event.refund_id}
    return replace(_with_refunded(order, event.refunded), failed_refund_ids=failed)


@_apply.register
def _(_event: ev.ContactChanged, order: Order) -> Order:
    return order


def _with_refunded(order: Order, so_far: Money) -> Order:
    """The order of which this much went back in one currency; where nothing did, that is left out."""
    others = {code: amount for code, amount in order.refunded_by_currency.items() if code != so_far.currency}
    return replace(order, refunded_by_currency=others | ({so_far.currency: so_far} if so_far else {}))
