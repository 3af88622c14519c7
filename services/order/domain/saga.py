"""What an order does next: one table of state and input, answering the events to append and the tasks to leave.

An ending (CANCELED, EXPIRED, REJECTED) always leaves a release of the stock. From PLACED, nothing ends before payment
said that it can never be paid any more; from PAID and CONFIRMED a cancellation ends at once and payment refunds on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.chassis.errors import FailedPrecondition, PreconditionViolation
from services.chassis.money import Money
from services.order.domain import events as ev
from services.order.domain.order import Order, State


class TaskKind(StrEnum):
    """Kinds of tasks that an order leaves behind; the key is the order's id."""

    ABANDON = "abandon"
    DEADLINE = "deadline"
    CLOSE_PAYMENT = "close-payment"
    SELL_STOCK = "sell-stock"
    RELEASE_STOCK = "release-stock"
    ISSUE_AGAIN = "issue-again"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task to leave in the transaction of the events; due at once without a time."""

    kind: TaskKind
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to append and what to do next. `note` is a person's own words, stored beside the contact and never in the stream;
    `alarm` (UPPER_SNAKE) is something that must not happen and that a person has to look at."""

    events: tuple[ev.StreamEvent, ...] = ()
    tasks: tuple[FollowUp, ...] = ()
    note: str = ""
    alarm: str = ""


NOTHING = Decision()


@dataclass(frozen=True, slots=True)
class PaymentArrived:
    """Payment captured the full amount."""

    now: datetime
    payment_id: str
    captured: Money


@dataclass(frozen=True, slots=True)
class PaymentClosed:
    """Payment said that this order can never be paid any more."""

    now: datetime


@dataclass(frozen=True, slots=True)
class StockSold:
    """Catalog sold what the order held."""

    now: datetime


@dataclass(frozen=True, slots=True)
class StockRefused:
    """Catalog can never sell this order; `reason` is UPPER_SNAKE."""

    now: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Customer or staff call the order off; `reason` is their own words or empty."""

    now: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RefundMade:
    """Payment gave money back; `refunded` is what went back in all by then, in the same currency."""

    now: datetime
    refund_id: str
    amount: Money
    refunded: Money


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """A refund that had arrived came back; `refunded` is what went back in all without it, in the same currency."""

    now: datetime
    refund_id: str
    amount: Money
    refunded: Money


Input = PaymentArrived | PaymentClosed | StockSold | StockRefused | CancelAsked | RefundMade | RefundFailed


def place(placed: ev.Placed) -> Decision:
    """Begins a stream; its deadline is the only clock that ends an unpaid order."""
    return Decision(events=(placed,), tasks=(FollowUp(TaskKind.DEADLINE, due=placed.expire_time),))


def decide(order: Order, happened: Input) -> Decision:
    """The table below, looked up. FailedPrecondition ORDER_NOT_CANCELABLE where the input is a wish that cannot be granted."""
    return _TABLE[type(happened)][_COLUMN[order.state]](order, happened)


def _nothing(_order: Order, _happened: Any) -> Decision:
    return NOTHING


def _pay(order: Order, happened: PaymentArrived) -> Decision:
    paid = ev.Paid(happened.now, happened.payment_id, happened.captured)
    if order.cancel_requested:
        return Decision((paid, ev.Canceled(happened.now)), (FollowUp(TaskKind.RELEASE_STOCK),))
    return Decision((paid,), (FollowUp(TaskKind.SELL_STOCK),))


def _paid_after_end(order: Order, _happened: PaymentArrived) -> Decision:
    return NOTHING if order.payment_id else Decision(alarm="PAID_AFTER_END")


def _confirm(_order: Order, happened: StockSold) -> Decision:
    return Decision((ev.Confirmed(happened.now),))


def _reject(_order: Order, happened: StockRefused) -> Decision:
    return Decision((ev.Rejected(happened.now, happened.reason),), (FollowUp(TaskKind.RELEASE_STOCK),))


def _request(order: Order, happened: CancelAsked) -> Decision:
    if order.cancel_requested:
        return NOTHING
    return Decision((ev.CancelRequested(happened.now),), (FollowUp(TaskKind.CLOSE_PAYMENT),), note=happened.reason)


def _cancel(_order: Order, happened: CancelAsked) -> Decision:
    return Decision((ev.Canceled(happened.now),), (FollowUp(TaskKind.RELEASE_STOCK),), note=happened.reason)


def _refuse(order: Order, _happened: CancelAsked) -> Decision:
    violation = PreconditionViolation("ORDER_STATE", order.id, f"the order is {order.state}")
    raise FailedPrecondition(
        "ORDER_NOT_CANCELABLE",
        f"an order that is {order.state} cannot be canceled",
        preconditions=[violation],
        metadata={"state": order.state},
    )


def _end_unpaid(order: Order, happened: PaymentClosed) -> Decision:
    release = (FollowUp(TaskKind.RELEASE_STOCK),)
    if order.cancel_requested:
        return Decision((ev.Canceled(happened.now),), release)
    # Only the deadline's task closes it otherwise. It can never be paid now, so it ends, even if the task was fired early.
    return Decision((ev.Expired(happened.now),), release)


def _record(order: Order, happened: RefundMade) -> Decision:
    if happened.refund_id in order.refund_ids | order.failed_refund_ids:
        return NOTHING
    return Decision((ev.RefundRecorded(happened.now, happened.refund_id, happened.amount, happened.refunded),))


def _unrecord(order: Order, happened: RefundFailed) -> Decision:
    """Also of a refund that is not known here: what is told of its success later is then out of date."""
    if happened.refund_id in order.failed_refund_ids:
        return NOTHING
    return Decision((ev.RefundFailureRecorded(happened.now, happened.refund_id, happened.amount, happened.refunded),))


_ = _nothing
_COLUMN = {
    state: column
    for column, state in enumerate(
        (State.PLACED, State.PAID, State.CONFIRMED, State.REJECTED, State.CANCELED, State.EXPIRED)
    )
}
# fmt: off
_TABLE: dict[type[Input], tuple[Callable[[Order, Any], Decision], ...]] = {
    #                PLACED       PAID       CONFIRMED  REJECTED   CANCELED         EXPIRED
    PaymentArrived: (_pay,        _,         _,         _,         _paid_after_end, _paid_after_end),
    PaymentClosed:  (_end_unpaid, _,         _,         _,         _,               _),
    StockSold:      (_,           _confirm,  _,         _,         _,               _),
    StockRefused:   (_,           _reject,   _,         _,         _,               _),
    CancelAsked:    (_request,    _cancel,   _cancel,   _refuse,   _,               _refuse),
    RefundMade:     (_record,     _record,   _record,   _record,   _record,         _record),
    RefundFailed:   (_unrecord,   _unrecord, _unrecord, _unrecord, _unrecord,       _unrecord),
}
# fmt: on
