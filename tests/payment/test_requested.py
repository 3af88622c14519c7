"""Refunds by staff: by line and whole, in currencies of any number of decimals; never above what was captured."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis import ids
from services.chassis.errors import FailedPrecondition, InvalidArgument
from services.chassis.money import Money
from services.payment.domain import ledger, refunds, requested
from services.payment.domain.events import Refunded, RefundFailed
from services.payment.domain.ledger import Account
from services.payment.domain.lines import PaidLine, RefundLine, units_left, worth
from services.payment.domain.payment import Attempt, Cause, Change, Dispute, Payment, Refund, RefundState, total
from services.payment.domain.provider_money import step, to_provider
from services.payment.domain.refunds import RefundFact
from services.payment.domain.requested import Wanted
from tests.payment.building import NOW, captured, paid, payment

CURRENCIES = ("JPY", "ISK", "EUR", "KWD", "IQD", "CLF")
"""Of 0, 2, 3 and 4 decimals; some count otherwise at Stripe."""
TEA, CUP = ids.new("var"), ids.new("var")


def body(refund: Refund, attempt: Attempt) -> bytes:
    """The request as Stripe takes it: ValueError for an amount that it cannot express."""
    return str(to_provider(refund.amount)).encode()


def bought(*lines: PaidLine, shipping: int = 0) -> Payment:
    """An order of these lines, paid."""
    currency = lines[0].total.currency
    amount = total((line.total for line in lines), currency) + Money(shipping, currency)
    return paid(captured(amount), amount=amount, lines=lines)


def tea_and_cup() -> Payment:
    """Three packets of tea for 10.00, a cup for 15.00, 5.00 of delivery."""
    tea = PaidLine(TEA, "Tea", "Green", 3, Money(1000, "EUR"))
    return bought(tea, PaidLine(CUP, "Cup", "", 1, Money(1500, "EUR")), shipping=500)


def ask(before: Payment, *wanted: tuple[str, int]) -> Payment:
    units = [Wanted(variant, quantity) for variant, quantity in wanted]
    return requested.request(before, ids.new("ref"), "Broken", units, NOW, body).payment


def told(before: Payment, refund: Refund, state: RefundState) -> Payment:
    fact = RefundFact(f"re_{refund.id}", "pi_1", refund.id, state, refund.amount)
    return refunds.record(before, [fact], lambda: ids.new("ref"), NOW).payment


def amounts(of: Payment) -> list[int]:
    return [refund.amount.amount for refund in of.refunds]


def refusal(before: Payment, *wanted: tuple[str, int]) -> str:
    with pytest.raises(FailedPrecondition) as refused:
        ask(before, *wanted)
    return refused.value.reason


def test_units_go_back_for_what_they_cost_and_shipping_with_the_rest() -> None:
    after = ask(tea_and_cup(), (TEA, 1))
    (refund,) = after.refunds
    assert (refund.amount, refund.cause, refund.reason) == (Money(334, "EUR"), Cause.STAFF, "Broken")
    assert refund.lines == (RefundLine(TEA, 1, Money(334, "EUR")),)
    after = ask(ask(after, (TEA, 1), (CUP, 1)))
    assert amounts(after) == [334, 333 + 1500, 333 + 500]
    assert after.refunds[-1].lines == (RefundLine(TEA, 1, Money(333, "EUR")),)
    assert refusal(after) == "NOTHING_TO_REFUND"


def test_every_unit_by_line_leaves_the_shipping() -> None:
    after = ask(tea_and_cup(), (TEA, 3), (CUP, 1))
    assert amounts(after) == [2500]
    assert amounts(ask(after)) == [2500, 500]


def test_more_units_than_are_left_are_refused_by_name() -> None:
    after = ask(tea_and_cup(), (TEA, 2))
    with pytest.raises(FailedPrecondition) as refused:
        ask(after, (TEA, 2), (CUP, 1))
    assert refused.value.reason == "REFUND_EXCEEDS_LINE"
    assert [(each.subject, each.description) for each in refused.value.preconditions] == [(TEA, "1 are left, 2 wanted")]


@pytest.mark.parametrize("wanted", [[(ids.new("var"), 1)], [(TEA, 1), (TEA, 1)]])
def test_a_variant_of_another_order_or_named_twice_is_refused(wanted: list[tuple[str, int]]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        ask(tea_and_cup(), *wanted)
    assert refused.value.fields[0].field == f"lines[{len(wanted) - 1}].variant_id"


def test_units_of_a_refund_that_failed_can_go_back_again() -> None:
    after = ask(tea_and_cup(), (TEA, 3))
    failed = refunds.fail(after, after.refunds[0].id, "balance_insufficient")
    assert failed.alarms == ("REFUND_FAILED",), "whoever asked for it has to ask again"
    assert amounts(ask(failed.payment, (TEA, 3))) == [1000, 1000]


def test_what_was_refunded_at_the_provider_or_taken_by_a_bank_is_not_refunded_again() -> None:
    fact = RefundFact("re_x", "pi_1", "", RefundState.SUCCEEDED, Money(2800, "EUR"))
    after = refunds.record(tea_and_cup(), [fact], lambda: ids.new("ref"), NOW).payment
    assert refusal(after, (TEA, 1)) == "REFUND_EXCEEDS_CAPTURE"
    rest = ask(after).refunds[-1]
    assert (rest.amount, rest.lines) == (Money(200, "EUR"), ()), "which units it is for nobody knows"
    dispute = Dispute("dp_1", after.attempts[0].id, Money(200, "EUR"), "needs_response")
    assert refusal(refunds.dispute(after, dispute).payment) == "NOTHING_TO_REFUND"


def test_before_money_came_nothing_can_go_back() -> None:
    assert refusal(payment()) == "PAYMENT_NOT_CAPTURED"


def test_what_cost_nothing_gives_nothing_back() -> None:
    free = bought(PaidLine(TEA, "Tea", "", 1, Money(0, "EUR")), PaidLine(CUP, "Cup", "", 1, Money(1500, "EUR")))
    assert refusal(free, (TEA, 1)) == "NOTHING_TO_REFUND"


def test_a_request_by_staff_and_a_canceled_order_give_back_everything_once() -> None:
    after = ask(tea_and_cup(), (TEA, 1))
    assert refunds.begin_owed(after, Cause.STAFF, NOW, lambda: ids.new("ref"), body).payment == after
    owed = refunds.begin_owed(after, Cause.ORDER_CANCELED, NOW, lambda: ids.new("ref"), body).payment
    assert amounts(owed) == [334, 3000 - 334]
    assert refusal(owed, (CUP, 1)) == "REFUND_EXCEEDS_CAPTURE"


LINES = st.builds(
    lambda currency, amount, quantity: PaidLine(TEA, "Tea", "", quantity, Money(amount, currency)),
    st.sampled_from(CURRENCIES),
    st.integers(0, 100_000),
    st.integers(1, 40),
)


@settings(deadline=None)
@given(LINES, st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=20))
def test_all_units_of_a_line_are_worth_its_total_in_whatever_portions(
    line: PaidLine, portions: Sequence[tuple[int, bool]]
) -> None:
    smallest, gone = step(line.total.currency), list[RefundLine]()
    for quantity, fails in [*portions, (line.quantity, False)]:
        quantity = min(quantity, units_left(line, gone))
        amount = worth(line, quantity, gone)
        exact = line.total.amount * quantity / line.quantity
        assert abs(amount.amount - exact) <= smallest * (quantity + 1)
        if quantity and not fails:
            gone.append(RefundLine(TEA, quantity, amount))
    assert units_left(line, gone) == 0
    back = total((each.amount for each in gone), line.total.currency)
    assert line.total.amount - back.amount == line.total.amount % smallest


Step = Callable[[Payment], Change]


def by_line(units: dict[int, int]) -> Step:
    def step(now: Payment) -> Change:
        chosen = {now.lines[index % len(now.lines)].variant_id: quantity for index, quantity in units.items()}
        wanted = [Wanted(variant, quantity) for variant, quantity in chosen.items()]
        return requested.request(now, ids.new("ref"), "Broken", wanted, NOW, body)

    return step


def whole() -> Step:
    return lambda now: requested.request(now, ids.new("ref"), "Sorry", (), NOW, body)


def canceled() -> Step:
    return lambda now: refunds.begin_owed(now, Cause.ORDER_CANCELED, NOW, lambda: ids.new("ref"), body)


def outcome(index: int, state: RefundState) -> Step:
    """What Stripe says of one of the refunds, be it for the second time."""

    def step(now: Payment) -> Change:
        if not now.refunds:
            return Change(now)
        refund = now.refunds[index % len(now.refunds)]
        fact = RefundFact(f"re_{refund.id}", "pi_1", refund.id, state, refund.amount)
        return refunds.record(now, [fact], lambda: ids.new("ref"), NOW)

    return step


def comes_back(index: int) -> Step:
    """One of the refunds arrives, if it has not, and then comes back."""

    def step(now: Payment) -> Change:
        arrived = outcome(index, RefundState.SUCCEEDED)(now)
        return arrived.then(outcome(index, RefundState.FAILED)(arrived.payment))

    return step


def at_the_provider(share: int) -> Step:
    """Somebody refunds a part at Stripe, which sees to it that it is no more than is left there."""

    def made(now: Payment) -> Change:
        smallest = step(now.amount.currency)
        amount = refunds.refundable(now, now.attempts[0]).amount * share // 100 // smallest * smallest
        if not amount:
            return Change(now)
        fact = RefundFact(
            f"re_{len(now.refunds)}", "pi_1", "", RefundState.SUCCEEDED, Money(amount, now.amount.currency)
        )
        return refunds.record(now, [fact], lambda: ids.new("ref"), NOW)

    return made


def bank(status: str) -> Step:
    """A bank claims what is left, wins or loses."""

    def step(now: Payment) -> Change:
        known = next(iter(now.disputes), None)
        left = refunds.refundable(now, now.attempts[0])
        fact = replace(known, status=status) if known else Dispute("dp_1", now.attempts[0].id, left, status)
        return refunds.dispute(now, fact) if fact.amount else Change(now)

    return step


STEPS = st.one_of(
    st.builds(by_line, st.dictionaries(st.integers(0, 3), st.integers(1, 5), min_size=1, max_size=3)),
    st.builds(whole),
    st.builds(canceled),
    st.builds(outcome, st.integers(0, 9), st.sampled_from(list(RefundState))),
    st.builds(outcome, st.integers(0, 9), st.sampled_from(list(RefundState))),
    st.builds(comes_back, st.integers(0, 9)),
    st.builds(at_the_provider, st.integers(1, 100)),
    st.builds(bank, st.sampled_from(["needs_response", "won", "lost"])),
)


@st.composite
def orders(draw: st.DrawFn) -> Payment:
    """A paid order, of amounts that can be charged."""
    currency = draw(st.sampled_from(CURRENCIES))
    smallest = step(currency)
    costs = draw(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5000)), min_size=1, max_size=4))
    lines = [
        PaidLine(ids.new("var"), "Thing", "", quantity, Money(cost * smallest, currency)) for quantity, cost in costs
    ]
    return bought(*lines, shipping=smallest * draw(st.integers(1, 900)))


@settings(deadline=None)
@given(orders(), st.lists(STEPS, max_size=14))
def test_whatever_happens_no_more_goes_back_than_was_captured_and_the_books_agree(
    order: Payment, steps: list[Step]
) -> None:
    book = ledger.transfers(replace(order, attempts=()), order)
    now, told = order, 0
    for each in steps:
        try:
            change = each(now)
        except FailedPrecondition:
            continue
        book += ledger.transfers(now, change.payment)
        now, told = change.payment, told + told_away(change)
        assert_right(now)
        assert sum(t.amount.amount for t in book) == at_provider(now)
        assert told == now.refunded.amount
    reasons = {t.account for t in book}
    assert reasons <= {Account.ORDERS, Account.DISPUTES}


def told_away(change: Change) -> int:
    """What others learn to have gone back; the last event's own sum must be that of the payment."""
    events = [event for event in change.events if isinstance(event, Refunded | RefundFailed)]
    assert not events or events[-1].total == change.payment.refunded
    return sum(each.amount.amount if isinstance(each, Refunded) else -each.amount.amount for each in events)


def assert_right(now: Payment) -> None:
    counting = [refund for refund in now.refunds if refund.state is not RefundState.FAILED]
    assert sum(refund.amount.amount for refund in counting) <= now.captured.amount
    gone = [line for refund in counting for line in refund.lines]
    for line in now.lines:
        mine = [each.amount for each in gone if each.variant_id == line.variant_id]
        assert units_left(line, gone) >= 0
        assert total(mine, line.total.currency) <= line.total


def at_provider(now: Payment) -> int:
    taken = sum(each.amount.amount for each in now.disputes if each.is_taken)
    return now.captured.amount - now.refunded.amount - taken
