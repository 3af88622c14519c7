"""What an order does next, in detail; ``test_table.py`` has every state and input."""

import pytest

from services.order.domain import events as ev
from services.order.domain import saga
from services.order.domain.order import apply
from services.order.domain.saga import Decision, FollowUp, Input, TaskKind, decide
from tests.order.builders import (
    CANCELED_PAID,
    CANCELED_UNPAID,
    CONFIRMED,
    DEADLINE,
    EXPIRED,
    NOW,
    PAID,
    PLACED,
    REJECTED,
    an_order,
    euro,
    placed,
)

PAYMENT_ARRIVED = saga.PaymentArrived(NOW, "pay_1", euro(2500))
CLOSED_IN_TIME = saga.PaymentClosed(NOW)
CLOSED_OVERDUE = saga.PaymentClosed(NOW + DEADLINE)
SOLD = saga.StockSold(NOW)
REFUSED = saga.StockRefused(NOW, "INSUFFICIENT_STOCK")
CANCEL = saga.CancelAsked(NOW, "changed my mind")
REFUND = saga.RefundMade(NOW, "ref_1", euro(2500), euro(2500))
CAME_BACK = saga.RefundFailed(NOW, "ref_1", euro(2500), euro(0))
RELEASE = FollowUp(TaskKind.RELEASE_STOCK)
HISTORIES = [PLACED, PAID, CONFIRMED, REJECTED, CANCELED_UNPAID, CANCELED_PAID, EXPIRED]


def test_a_placed_order_leaves_a_deadline() -> None:
    event = placed()
    assert saga.place(event) == Decision((event,), (FollowUp(TaskKind.DEADLINE, event.expire_time),))


def test_a_payment_is_recorded_and_the_stock_sold_afterwards() -> None:
    decision = decide(an_order(), PAYMENT_ARRIVED)
    assert decision == Decision((ev.Paid(NOW, "pay_1", euro(2500)),), (FollowUp(TaskKind.SELL_STOCK),))


def test_a_payment_after_a_cancellation_was_asked_for_cancels_at_once() -> None:
    order = an_order(ev.CancelRequested(NOW))
    decision = decide(order, PAYMENT_ARRIVED)
    assert [type(event) for event in decision.events] == [ev.Paid, ev.Canceled]
    assert decision.tasks == (RELEASE,)


def test_a_sold_order_is_confirmed() -> None:
    assert decide(an_order(*PAID), SOLD) == Decision((ev.Confirmed(NOW),))


def test_a_paid_order_that_cannot_be_sold_is_rejected_and_its_stock_released() -> None:
    assert decide(an_order(*PAID), REFUSED) == Decision((ev.Rejected(NOW, "INSUFFICIENT_STOCK"),), (RELEASE,))


def test_canceling_an_unpaid_order_first_closes_its_payment() -> None:
    decision = decide(an_order(), CANCEL)
    assert decision.events == (ev.CancelRequested(NOW),)
    assert decision.tasks == (FollowUp(TaskKind.CLOSE_PAYMENT),)
    assert decision.note == "changed my mind"


@pytest.mark.parametrize("history", [PAID, CONFIRMED])
def test_canceling_a_paid_order_ends_it_at_once(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), CANCEL) == Decision((ev.Canceled(NOW),), (RELEASE,), note="changed my mind")


def test_a_payment_closed_after_the_deadline_expires_the_order() -> None:
    assert decide(an_order(), CLOSED_OVERDUE) == Decision((ev.Expired(NOW + DEADLINE),), (RELEASE,))


def test_a_payment_closed_for_a_cancellation_cancels_the_order_even_after_the_deadline() -> None:
    decision = decide(an_order(ev.CancelRequested(NOW)), CLOSED_OVERDUE)
    assert decision == Decision((ev.Canceled(NOW + DEADLINE),), (RELEASE,))


def test_a_deadline_fired_early_ends_the_order_because_its_payment_is_closed_for_good() -> None:
    assert decide(an_order(), CLOSED_IN_TIME) == Decision((ev.Expired(NOW),), (RELEASE,))


@pytest.mark.parametrize("history", HISTORIES)
def test_a_refund_is_recorded_in_every_state_and_only_once(history: tuple[ev.StreamEvent, ...]) -> None:
    order = an_order(*history)
    (event,) = decide(order, REFUND).events
    after = apply(order.id, order, event)
    assert (after.state, after.refunded) == (order.state, euro(2500))
    assert decide(after, REFUND) == saga.NOTHING


@pytest.mark.parametrize("history", HISTORIES)
def test_a_refund_that_came_back_is_recorded_in_every_state_and_only_once(history: tuple[ev.StreamEvent, ...]) -> None:
    order = an_order(*history, ev.RefundRecorded(NOW, "ref_1", euro(2500), euro(2500)))
    (event,) = decide(order, CAME_BACK).events
    after = apply(order.id, order, event)
    assert (after.state, after.refunded) == (order.state, None)
    assert decide(after, CAME_BACK) == decide(after, REFUND) == saga.NOTHING


@pytest.mark.parametrize("history", HISTORIES)
def test_a_failure_that_overtakes_its_refund_is_the_last_word_on_it(history: tuple[ev.StreamEvent, ...]) -> None:
    order = an_order(*history)
    (event,) = decide(order, CAME_BACK).events
    after = apply(order.id, order, event)
    assert decide(after, REFUND) == saga.NOTHING
    assert after.refunded is None


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("happened", [PAYMENT_ARRIVED, CLOSED_OVERDUE, SOLD, REFUSED])
def test_every_ending_releases_the_stock(history: tuple[ev.StreamEvent, ...], happened: Input) -> None:
    decision = decide(an_order(*history), happened)
    ended = any(isinstance(event, ev.Canceled | ev.Expired | ev.Rejected) for event in decision.events)
    assert (RELEASE in decision.tasks) == ended
