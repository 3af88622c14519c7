"""Refunds never exceed what was captured, whatever order the facts come in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis import ids
from services.chassis.errors import FailedPrecondition
from services.chassis.money import Money
from services.payment.domain import refunds
from services.payment.domain.events import Refunded, RefundFailed
from services.payment.domain.payment import (
    Attempt,
    Cause,
    Change,
    Dispute,
    Payment,
    Refund,
    RefundState,
    Verdict,
    total,
)
from services.payment.domain.refunds import RefundFact
from tests.payment.building import NOW, PRICE, captured, paid


def new_id() -> str:
    return ids.new("ref")


def body(refund: Refund, attempt: Attempt) -> bytes:
    return b"{}"


def owe(payment: Payment, cause: Cause = Cause.ORDER_CANCELED) -> Payment:
    return refunds.begin_owed(payment, cause, NOW, new_id, body).payment


def told(refund: Refund, state: RefundState, **given: Any) -> RefundFact:
    values: dict[str, Any] = {
        "provider_id": f"re_{refund.number}",
        "intent_id": "pi_1",
        "refund_id": refund.id,
        "amount": refund.amount,
    }
    return RefundFact(state=state, **(values | given))


def record(payment: Payment, *facts: RefundFact) -> Change:
    return refunds.record(payment, facts, new_id, NOW)


def cents(payment: Payment, states: Sequence[RefundState]) -> int:
    return sum(refund.amount.amount for refund in payment.refunds if refund.state in states)


def test_an_obligation_begins_one_refund_of_everything() -> None:
    payment = owe(paid())
    (refund,) = payment.refunds
    assert (refund.number, refund.amount, refund.state) == (1, PRICE, RefundState.PENDING)
    assert owe(payment) == payment
    assert owe(payment, Cause.ORDER_REJECTED) == payment


def test_a_refund_that_succeeded_is_told_once() -> None:
    payment = owe(paid())
    (refund,) = payment.refunds
    once = record(payment, told(refund, RefundState.SUCCEEDED))
    assert once.events == (Refunded(refund.id, PRICE, PRICE, "ORDER_CANCELED", NOW),)
    assert record(once.payment, told(refund, RefundState.SUCCEEDED)).events == ()
    assert record(once.payment, told(refund, RefundState.PENDING)) == Change(once.payment)
    assert refunds.is_fulfilled(once.payment, Cause.ORDER_CANCELED)


def test_a_refund_that_fails_later_gives_its_amount_back_to_be_refunded_again() -> None:
    payment = owe(paid())
    (refund,) = payment.refunds
    payment = record(payment, told(refund, RefundState.SUCCEEDED)).payment
    failed = record(payment, told(refund, RefundState.FAILED, failure="lost_or_stolen_card"))
    assert failed.events == (RefundFailed(refund.id, PRICE, Money(0, "EUR"), "ORDER_CANCELED", NOW),)
    assert failed.reopen_after == 1.0
    assert not refunds.is_fulfilled(failed.payment, Cause.ORDER_CANCELED)
    again = owe(failed.payment)
    assert [r.number for r in again.refunds] == [1, 2]
    assert record(again, told(refund, RefundState.SUCCEEDED)) == Change(again)


def test_a_refund_that_never_arrived_fails_without_a_word() -> None:
    payment = owe(paid())
    (refund,) = payment.refunds
    on_its_way = record(payment, told(refund, RefundState.PENDING)).payment
    failed = record(on_its_way, told(refund, RefundState.FAILED))
    assert failed.events == record(failed.payment, told(refund, RefundState.SUCCEEDED)).events == ()
    assert refunds.fail(payment, refund.id, "never made").events == ()


def test_failures_raise_an_alarm_and_ever_longer_pauses() -> None:
    payment, alarms, pauses = paid(), [], []
    for _ in range(4):
        payment = owe(payment)
        change = refunds.fail(payment, payment.refunds[-1].id, "balance_insufficient")
        payment = change.payment
        alarms.append(bool(change.alarms))
        pauses.append(refunds.pause_after(payment, Cause.ORDER_CANCELED))
    assert alarms == [False, False, True, True]
    assert pauses == [1, 2, 4, 8]


def test_what_was_thought_lost_and_is_found_counts() -> None:
    payment = owe(paid())
    (refund,) = payment.refunds
    lost = refunds.fail(payment, refund.id, "never made").payment
    found = record(lost, told(refund, RefundState.SUCCEEDED)).payment
    assert found.refunded == PRICE


def test_a_refund_made_at_stripe_is_recorded_and_lowers_what_is_owed() -> None:
    fact = RefundFact("re_x", "pi_1", "", RefundState.SUCCEEDED, Money(1000, "EUR"))
    change = record(paid(), fact)
    assert [(event.cause, event.amount) for event in change.events if isinstance(event, Refunded)] == [
        ("PROVIDER", Money(1000, "EUR"))
    ]
    assert owe(change.payment).refunds[-1].amount == Money(1500, "EUR")


def test_what_a_bank_took_back_is_not_refunded_as_well() -> None:
    payment = paid()
    taken = Dispute("dp_1", payment.attempts[0].id, PRICE, "needs_response")
    disputed = refunds.dispute(payment, taken)
    assert disputed.alarms == ("DISPUTE",)
    assert owe(disputed.payment).refunds == ()
    won = refunds.dispute(disputed.payment, replace(taken, status="won"))
    assert won.reopen_after == 0
    assert owe(won.payment).refunds[0].amount == PRICE


@pytest.mark.parametrize("decided", ["won", "lost", "warning_closed"])
def test_older_news_of_a_decided_dispute_changes_nothing(decided: str) -> None:
    payment = paid()
    taken = Dispute("dp_1", payment.attempts[0].id, PRICE, "needs_response")
    ended = refunds.dispute(payment, replace(taken, status=decided)).payment
    assert refunds.dispute(ended, taken) == Change(ended)


def test_each_cause_gives_back_only_its_own_captures() -> None:
    wrong = captured(Money(100, "USD"), Verdict.MISMATCH, number=1)
    late = captured(PRICE, Verdict.LATE_CAPTURE, number=2)
    payment = owe(paid(wrong, late), Cause.MISMATCH)
    assert [refund.amount for refund in payment.refunds] == [Money(100, "USD")]
    payment = owe(payment, Cause.LATE_CAPTURE)
    assert [refund.amount for refund in payment.refunds] == [Money(100, "USD"), PRICE]
    assert owe(payment, Cause.ORDER_CANCELED) == payment


AMOUNTS = st.lists(st.integers(1, 3000), max_size=8)
OUTCOMES = st.lists(st.sampled_from(list(RefundState)), min_size=8, max_size=8)


@settings(deadline=None)
@given(AMOUNTS, OUTCOMES)
def test_pending_and_succeeded_never_exceed_what_was_captured(amounts: list[int], outcomes: list[RefundState]) -> None:
    payment = paid()
    (attempt,) = payment.attempts
    for number, (amount, outcome) in enumerate(zip(amounts, outcomes, strict=False), 1):
        left = refunds.refundable(payment, attempt)
        refund = Refund(
            new_id(), number, attempt.id, Money(amount, "EUR"), Cause.ORDER_CANCELED, RefundState.PENDING, NOW
        )
        if refund.amount > left:
            with pytest.raises(FailedPrecondition):
                refunds.begin_refund(payment, refund)
            continue
        payment = record(refunds.begin_refund(payment, refund), told(refund, outcome)).payment
        assert cents(payment, [RefundState.PENDING, RefundState.SUCCEEDED]) <= PRICE.amount
    payment = owe(payment)
    assert cents(payment, [RefundState.PENDING, RefundState.SUCCEEDED]) == PRICE.amount
    assert (
        total([refund.amount for refund in payment.refunds if refund.state is not RefundState.FAILED], "EUR") == PRICE
    )
