"""The table of an order's states and inputs, cell by cell: what is appended and left to do, or the refusal."""

import pytest

from services.chassis.errors import FailedPrecondition
from services.order.domain import events as ev
from services.order.domain import saga
from services.order.domain.order import Order, State
from services.order.domain.saga import Input, decide
from tests.order.builders import (
    CANCELED_PAID,
    CANCELED_UNPAID,
    CONFIRMED,
    EXPIRED,
    NOW,
    PAID,
    PLACED,
    REJECTED,
    an_order,
    euro,
)

CANCELING = (ev.CancelRequested(NOW),)
PAID_WHILE_CANCELING = (*CANCELING, *PAID, ev.Canceled(NOW))
COLUMNS: dict[str, tuple[ev.StreamEvent, ...]] = {
    "PLACED": PLACED,
    "PLACED, canceling": CANCELING,
    "PAID": PAID,
    "CONFIRMED": CONFIRMED,
    "REJECTED": REJECTED,
    "CANCELED, paid": CANCELED_PAID,
    "CANCELED, paid while canceling": PAID_WHILE_CANCELING,
    "CANCELED, unpaid": CANCELED_UNPAID,
    "EXPIRED": EXPIRED,
}
INPUTS: dict[str, Input] = {
    "PaymentArrived": saga.PaymentArrived(NOW, "pay_1", euro(2500)),
    "PaymentClosed": saga.PaymentClosed(NOW),
    "StockSold": saga.StockSold(NOW),
    "StockRefused": saga.StockRefused(NOW, "INSUFFICIENT_STOCK"),
    "CancelAsked": saga.CancelAsked(NOW, ""),
    "RefundMade": saga.RefundMade(NOW, "ref_1", euro(2500), euro(2500)),
    "RefundFailed": saga.RefundFailed(NOW, "ref_1", euro(2500), euro(0)),
}
NONE, ALARM, REFUSED = "-", "alarm PAID_AFTER_END", "refused ORDER_NOT_CANCELABLE"
CANCEL, EXPIRE, REJECT = "Canceled; release-stock", "Expired; release-stock", "Rejected; release-stock"
PAY, PAY_AND_CANCEL = "Paid; sell-stock", "Paid, Canceled; release-stock"
REQUEST, CONFIRM = "CancelRequested; close-payment", "Confirmed"
RECORD, UNDO = "RefundRecorded", "RefundFailureRecorded"
# fmt: off
TABLE = {
    #                  PLACED   canceling       PAID     CONFIRMED REJECTED CANCELED: paid, while, unpaid  EXPIRED
    "PaymentArrived": (PAY,     PAY_AND_CANCEL, NONE,    NONE,     NONE,    NONE,   NONE,   ALARM,         ALARM),
    "PaymentClosed":  (EXPIRE,  CANCEL,         NONE,    NONE,     NONE,    NONE,   NONE,   NONE,          NONE),
    "StockSold":      (NONE,    NONE,           CONFIRM, NONE,     NONE,    NONE,   NONE,   NONE,          NONE),
    "StockRefused":   (NONE,    NONE,           REJECT,  NONE,     NONE,    NONE,   NONE,   NONE,          NONE),
    "CancelAsked":    (REQUEST, NONE,           CANCEL,  CANCEL,   REFUSED, NONE,   NONE,   NONE,          REFUSED),
    "RefundMade":     (RECORD,  RECORD,         RECORD,  RECORD,   RECORD,  RECORD, RECORD, RECORD,        RECORD),
    "RefundFailed":   (UNDO,    UNDO,           UNDO,    UNDO,     UNDO,    UNDO,   UNDO,   UNDO,          UNDO),
}
# fmt: on
CELLS = [
    pytest.param(history, INPUTS[name], expected, id=f"{name} in {column}")
    for name, row in TABLE.items()
    for (column, history), expected in zip(COLUMNS.items(), row, strict=True)
]


def said(order: Order, happened: Input) -> str:
    """What is decided, in the table's words."""
    try:
        decision = decide(order, happened)
    except FailedPrecondition as refusal:
        return f"refused {refusal.reason}"
    if decision.alarm:
        assert not decision.events
        return f"alarm {decision.alarm}"
    events = ", ".join(type(event).__name__ for event in decision.events)
    tasks = ", ".join(task.kind for task in decision.tasks)
    return "; ".join(part for part in (events, tasks) if part) or NONE


@pytest.mark.parametrize(("history", "happened", "expected"), CELLS)
def test_a_cell_of_the_table(history: tuple[ev.StreamEvent, ...], happened: Input, expected: str) -> None:
    assert said(an_order(*history), happened) == expected


def test_the_table_has_every_state_and_every_input() -> None:
    assert {an_order(*history).state for history in COLUMNS.values()} == set(State)
    assert {type(happened) for happened in INPUTS.values()} == set(Input.__args__)
    assert TABLE.keys() == INPUTS.keys()
