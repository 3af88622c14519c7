"""Whatever Stripe says, in whatever order: states only move forward and no cent is kept that does not pay the order."""

from collections.abc import Callable
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis import ids
from services.chassis.money import Money
from services.payment.domain import refunds, settlement
from services.payment.domain.events import Closed, Event, Succeeded
from services.payment.domain.payment import Attempt, Cause, Change, Decline, Payment, Refund, State, Verdict
from services.payment.domain.settlement import NeverMade, Phase
from tests.payment.building import NOW, PRICE, attempt, payment, standing

Step = Callable[[Payment], Change]
_NUMBERS = count(1)


def told(index: int, phase: Phase, amount: int) -> Step:
    def step(before: Payment) -> Change:
        chosen = before.attempts[index % len(before.attempts)]
        money = Money(amount, "EUR") if phase is Phase.PAID else None
        what = standing(phase, money, provider_id=chosen.provider_id, intent_id=chosen.intent_id)
        return settlement.settle(before, {chosen.id: what}, NOW)

    return step


def never_made(index: int) -> Step:
    return lambda p: settlement.settle(p, {p.attempts[index % len(p.attempts)].id: NeverMade()}, NOW)


def close() -> Step:
    return lambda p: settlement.close(p, NOW)


def begin() -> Step:
    return lambda p: settlement.begin_attempt(p, attempt(next(_NUMBERS) + 10), NOW)


def adopt() -> Step:
    number = next(_NUMBERS) + 10
    found = standing(Phase.PAYABLE, provider_id=f"cs_{number}", intent_id=f"pi_{number}")
    return lambda p: settlement.adopt(p, found, ids.new("att"), NOW)


def decline(reference: int) -> Step:
    return lambda p: settlement.decline(p, Decline(f"ch_{reference}", "card_declined", "No.", NOW), NOW)


STEPS = st.one_of(
    st.builds(told, st.integers(0, 3), st.sampled_from(list(Phase)), st.sampled_from([PRICE.amount, 2400])),
    st.builds(never_made, st.integers(0, 3)),
    st.builds(close),
    st.builds(begin),
    st.builds(adopt),
    st.builds(decline, st.integers(0, 2)),
)


def body(refund: Refund, attempt: Attempt) -> bytes:
    return b"{}"


@settings(deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_states_move_forward_and_what_does_not_count_is_owed(steps: list[Step]) -> None:
    now, events, owed = payment(), list[Event](), set[str]()
    for step in steps:
        change = step(now)
        assert change.payment.state.rank >= now.state.rank
        assert not now.state.is_final or change.payment.state is now.state
        now = change.payment
        events += change.events
        owed |= {cause.value for cause in change.obligations}
    _assert_told_once(now, events)
    counted = [each for each in now.attempts if each.verdict is Verdict.COUNTED]
    assert [each.captured for each in counted] == ([PRICE] if now.state is State.SUCCEEDED else [])
    assert owed == {each.verdict.value for each in now.attempts if each.verdict not in (None, Verdict.COUNTED)}
    for cause in owed:
        now = refunds.begin_owed(now, Cause(cause), NOW, lambda: ids.new("ref"), body).payment
    kept = sum(each.captured.amount for each in now.attempts if each.captured) - sum(
        r.amount.amount for r in now.refunds
    )
    assert kept == (PRICE.amount if now.state is State.SUCCEEDED else 0)


def _assert_told_once(ended: Payment, events: list[Event]) -> None:
    endings = [type(event) for event in events if isinstance(event, Succeeded | Closed)]
    expected = {State.SUCCEEDED: [Succeeded], State.CLOSED: [Closed]}
    assert endings == expected.get(ended.state, [])
