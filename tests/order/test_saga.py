"""What an order does next, state by state."""

import pytest

from services.chassis.errors import FailedPrecondition
from services.order.domain import events as ev
from services.order.domain import saga
from services.order.domain.order import State, apply
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
REFUND = saga.RefundMade(NOW, "ref_1", euro(2500))
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


@pytest.mark.parametrize("history", [PAID, CONFIRMED, REJECTED, CANCELED_PAID])
def test_a_payment_of_a_paid_order_changes_nothing(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), PAYMENT_ARRIVED) == saga.NOTHING


@pytest.mark.parametrize("history", [EXPIRED, CANCELED_UNPAID])
def test_a_payment_of_an_order_that_ended_unpaid_raises_an_alarm(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), PAYMENT_ARRIVED) == Decision(alarm="order.paid_after_end")


def test_a_sold_order_is_confirmed() -> None:
    assert decide(an_order(*PAID), SOLD) == Decision((ev.Confirmed(NOW),))


def test_a_paid_order_that_cannot_be_sold_is_rejected_and_its_stock_released() -> None:
    assert decide(an_order(*PAID), REFUSED) == Decision((ev.Rejected(NOW, "INSUFFICIENT_STOCK"),), (RELEASE,))


@pytest.mark.parametrize("history", [PLACED, CONFIRMED, REJECTED, CANCELED_PAID, CANCELED_UNPAID, EXPIRED])
@pytest.mark.parametrize("happened", [SOLD, REFUSED])
def test_news_of_the_stock_counts_only_for_a_paid_order(history: tuple[ev.StreamEvent, ...], happened: Input) -> None:
    assert decide(an_order(*history), happened) == saga.NOTHING


def test_canceling_an_unpaid_order_first_closes_its_payment() -> None:
    decision = decide(an_order(), CANCEL)
    assert decision.events == (ev.CancelRequested(NOW),)
    assert decision.tasks == (FollowUp(TaskKind.CLOSE_PAYMENT),)
    assert decision.note == "changed my mind"


def test_asking_again_while_the_payment_closes_changes_nothing() -> None:
    assert decide(an_order(ev.CancelRequested(NOW)), CANCEL) == saga.NOTHING


@pytest.mark.parametrize("history", [PAID, CONFIRMED])
def test_canceling_a_paid_order_ends_it_at_once(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), CANCEL) == Decision((ev.Canceled(NOW),), (RELEASE,), note="changed my mind")


@pytest.mark.parametrize("history", [EXPIRED, REJECTED])
def test_what_ended_otherwise_cannot_be_canceled(history: tuple[ev.StreamEvent, ...]) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        decide(an_order(*history), CANCEL)
    assert refused.value.reason == "ORDER_NOT_CANCELABLE"


@pytest.mark.parametrize("history", [CANCELED_PAID, CANCELED_UNPAID])
def test_canceling_a_canceled_order_changes_nothing(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), CANCEL) == saga.NOTHING


def test_a_payment_closed_after_the_deadline_expires_the_order() -> None:
    assert decide(an_order(), CLOSED_OVERDUE) == Decision((ev.Expired(NOW + DEADLINE),), (RELEASE,))


def test_a_payment_closed_for_a_cancellation_cancels_the_order_even_after_the_deadline() -> None:
    decision = decide(an_order(ev.CancelRequested(NOW)), CLOSED_OVERDUE)
    assert decision == Decision((ev.Canceled(NOW + DEADLINE),), (RELEASE,))


def test_a_deadline_fired_early_ends_the_order_because_its_payment_is_closed_for_good() -> None:
    assert decide(an_order(), CLOSED_IN_TIME) == Decision((ev.Expired(NOW),), (RELEASE,))


@pytest.mark.parametrize("history", [PAID, CONFIRMED, REJECTED, CANCELED_PAID, CANCELED_UNPAID, EXPIRED])
def test_a_closed_payment_ends_only_a_placed_order(history: tuple[ev.StreamEvent, ...]) -> None:
    assert decide(an_order(*history), CLOSED_OVERDUE) == saga.NOTHING


@pytest.mark.parametrize("history", HISTORIES)
def test_a_refund_is_recorded_in_every_state_and_only_once(history: tuple[ev.StreamEvent, ...]) -> None:
    order = an_order(*history)
    (event,) = decide(order, REFUND).events
    after = apply(order.id, order, event)
    assert (after.state, after.refunded) == (order.state, euro(2500))
    assert decide(after, REFUND) == saga.NOTHING


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("happened", [PAYMENT_ARRIVED, CLOSED_OVERDUE, SOLD, REFUSED])
def test_every_ending_releases_the_stock(history: tuple[ev.StreamEvent, ...], happened: Input) -> None:
    decision = decide(an_order(*history), happened)
    ended = any(isinstance(event, ev.Canceled | ev.Expired | ev.Rejected) for event in decision.events)
    assert (RELEASE in decision.tasks) == ended


def test_the_states_of_the_histories_are_all_states() -> None:
    assert {an_order(*history).state for history in HISTORIES} == set(State)
