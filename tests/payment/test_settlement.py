"""What follows for a payment from what Stripe says, without any I/O."""

from datetime import timedelta

import pytest

from services.chassis.money import Money
from services.payment.domain import settlement
from services.payment.domain.events import AttemptDeclined, Closed, Succeeded
from services.payment.domain.payment import AttemptState, Cause, Change, Decline, Kind, Payment, State, Verdict
from services.payment.domain.settlement import NeverMade, Phase, Standing
from tests.payment.building import NOW, PRICE, attempt, captured, paid, payment, standing

LATER = NOW + timedelta(minutes=1)


def settle(before: Payment, told: Standing | NeverMade) -> Change:
    return settlement.settle(before, {before.attempts[0].id: told}, LATER)


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSING])
def test_a_capture_of_the_right_amount_succeeds_even_while_closing(state: State) -> None:
    change = settle(payment(state=state), standing(Phase.PAID))
    assert change.payment.state is State.SUCCEEDED
    assert change.events == (Succeeded(PRICE, LATER),)
    assert change.payment.attempts[0].verdict is Verdict.COUNTED
    assert not change.obligations


@pytest.mark.parametrize("wrong", [Money(2499, "EUR"), Money(2501, "EUR"), Money(2500, "USD")])
def test_a_capture_of_another_amount_or_currency_closes_the_payment_and_goes_back(wrong: Money) -> None:
    change = settle(payment(), standing(Phase.PAID, wrong))
    assert change.payment.state is State.CLOSED
    assert change.events == (Closed(LATER),)
    assert change.obligations == (Cause.MISMATCH,)
    assert change.alarms == ("MISMATCH",)


def test_a_capture_on_a_closed_payment_is_late_and_goes_back() -> None:
    change = settle(payment(state=State.CLOSED), standing(Phase.PAID))
    assert change.payment.state is State.CLOSED
    assert change.events == ()
    assert change.obligations == (Cause.LATE_CAPTURE,)
    assert change.alarms == ("LATE_CAPTURE",)


def test_a_second_capture_of_a_payment_that_succeeded_goes_back() -> None:
    before = payment(captured(), attempt(2), state=State.SUCCEEDED)
    change = settlement.settle(before, {before.attempts[1].id: standing(Phase.PAID, provider_id="cs_2")}, LATER)
    assert change.payment.state is State.SUCCEEDED
    assert change.obligations == (Cause.LATE_CAPTURE,)


@pytest.mark.parametrize("phase", list(Phase))
def test_nothing_that_is_told_later_undoes_a_success(phase: Phase) -> None:
    before = paid()
    assert settle(before, standing(phase)) == Change(before)


def test_an_attempt_that_ended_leaves_an_open_payment_open() -> None:
    change = settle(payment(), standing(Phase.ENDED))
    assert change.payment.state is State.OPEN
    assert change.payment.attempts[0].state is AttemptState.ENDED
    assert not change.events


def test_a_closing_payment_is_closed_once_its_last_attempt_ended() -> None:
    before = payment(attempt(1), attempt(2, found=True), state=State.CLOSING)
    once = settle(before, standing(Phase.ENDED))
    assert once.payment.state is State.CLOSING
    told = {before.attempts[1].id: standing(Phase.ENDED, provider_id="cs_2", intent_id="pi_2")}
    twice = settlement.settle(once.payment, told, LATER)
    assert twice.payment.state is State.CLOSED
    assert twice.events == (Closed(LATER),)


@pytest.mark.parametrize("phase", [Phase.PAYABLE, Phase.PROCESSING])
def test_what_is_undecided_keeps_a_closing_payment_closing(phase: Phase) -> None:
    assert settle(payment(state=State.CLOSING), standing(phase)).payment.state is State.CLOSING


def test_closing_ends_at_once_where_nothing_can_bring_money() -> None:
    change = settlement.close(payment(attempt(state=AttemptState.ENDED)), LATER)
    assert change.payment.state is State.CLOSED
    assert change.events == (Closed(LATER),)


def test_the_known_outcome_of_an_attempt_forgets_its_request() -> None:
    sent = attempt(state=AttemptState.SENT, provider_id="", intent_id="", checkout_url="", body=b"secret")
    known = settle(payment(sent), standing(Phase.PAYABLE, checkout_url="https://pay.example/1")).payment.attempts[0]
    assert (known.state, known.body, known.provider_id) == (AttemptState.LIVE, b"", "cs_1")


def test_an_attempt_that_was_never_made_makes_room_for_another() -> None:
    lost = settle(payment(attempt(state=AttemptState.SENT)), NeverMade("amount_too_small: no")).payment
    assert (lost.attempts[0].state, lost.attempts[0].refusal) == (AttemptState.LOST, "amount_too_small: no")
    again = settlement.begin_attempt(lost, attempt(2), LATER).payment
    assert len(again.attempts) == 2
    assert settlement.begin_attempt(again, attempt(3), LATER) == Change(again)


def test_no_attempt_is_begun_on_a_payment_that_is_closing() -> None:
    before = payment(attempt(state=AttemptState.LOST), state=State.CLOSING)
    assert settlement.begin_attempt(before, attempt(2), LATER) == Change(before)


def test_a_found_session_is_adopted_once() -> None:
    stray = standing(Phase.PAYABLE, provider_id="cs_9", intent_id="pi_9")
    once = settlement.adopt(payment(), stray, "att_new", LATER)
    assert [each.found for each in once.payment.attempts] == [False, True]
    assert settlement.adopt(once.payment, stray, "att_other", LATER) == Change(once.payment)


def test_a_found_session_may_be_the_unknown_outcome_of_an_attempt() -> None:
    sent = attempt(state=AttemptState.SENT, provider_id="", intent_id="")
    found = standing(Phase.PAYABLE, attempt_number=1)
    (known,) = settlement.adopt(payment(sent), found, "att_new", LATER).payment.attempts
    assert (known.id, known.provider_id, known.found) == (sent.id, "cs_1", False)


def test_the_intent_of_a_known_session_is_not_adopted() -> None:
    before = payment()
    intent = Standing(Kind.INTENT, "pi_1", Phase.PAID, intent_id="pi_1", captured=PRICE)
    assert settlement.adopt(before, intent, "att_new", LATER) == Change(before)


def test_a_decline_is_told_once_and_leaves_the_payment_open() -> None:
    fact = Decline("ch_1", "insufficient_funds", "Your card has insufficient funds.", NOW)
    once = settlement.decline(payment(), fact, LATER)
    assert once.payment.state is State.OPEN
    expected = AttemptDeclined(fact.code, fact.message, "https://pay.example/cs_1", NOW)
    assert once.events == (expected,)
    assert settlement.decline(once.payment, fact, LATER) == Change(once.payment)
    assert once.payment.last_decline == fact


@pytest.mark.parametrize("state", [State.CLOSING, State.SUCCEEDED, State.CLOSED])
def test_a_decline_that_is_told_after_the_end_changes_nothing(state: State) -> None:
    before = payment(state=state)
    assert settlement.decline(before, Decline("ch_1", "card_declined", "No.", NOW), LATER) == Change(before)
