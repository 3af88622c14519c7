"""Whatever happens to an order, in whatever order: its stream folds, and the promises of money and stock hold."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.errors import FailedPrecondition
from services.order.adapters.stream import from_bytes, to_bytes
from services.order.domain import events as ev
from services.order.domain import saga
from services.order.domain.order import Order, State, apply, fold
from services.order.domain.saga import Input, TaskKind, decide
from tests.order.builders import NOW, euro, placed

ORDER_ID = "ord_01jd7q8k3qe6n9w5t2x4y8z0ab"
moments = st.integers(0, 3600).map(lambda seconds: NOW + timedelta(seconds=seconds))
payments = st.sampled_from(["pay_1", "pay_2"])
refunds = st.sampled_from(["ref_1", "ref_2", "ref_3"])
inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(saga.PaymentArrived, moments, payments, st.just(euro(2500))),
    st.builds(saga.PaymentClosed, moments),
    st.builds(saga.StockSold, moments),
    st.builds(saga.StockRefused, moments, st.just("INSUFFICIENT_STOCK")),
    st.builds(saga.CancelAsked, moments, st.just("")),
    st.builds(
        saga.RefundMade, moments, refunds, st.just(euro(100)), st.integers(1, 5).map(lambda count: euro(count * 100))
    ),
    st.builds(
        saga.RefundFailed, moments, refunds, st.just(euro(100)), st.integers(0, 4).map(lambda count: euro(count * 100))
    ),
)


class Life:
    """An order to which inputs happen; refused wishes change nothing."""

    def __init__(self) -> None:
        begun = saga.place(placed())
        (first,) = begun.events
        self.stream: list[ev.StreamEvent] = [first]
        self.order: Order = apply(ORDER_ID, None, first)
        self.tasks: list[TaskKind] = [task.kind for task in begun.tasks]
        self.states = [self.order.state]

    def happens(self, happened: Input) -> None:
        try:
            decision = decide(self.order, happened)
        except FailedPrecondition:
            return
        for event in decision.events:
            self.order = apply(ORDER_ID, self.order, event)
            self.stream.append(event)
            self.states.append(self.order.state)
        self.tasks += [task.kind for task in decision.tasks]


def live(happenings: list[Input]) -> Life:
    life = Life()
    for happened in happenings:
        life.happens(happened)
    return life


LEGAL = {
    State.PLACED: {State.PAID, State.EXPIRED, State.CANCELED},
    State.PAID: {State.CONFIRMED, State.REJECTED, State.CANCELED},
    State.CONFIRMED: {State.CANCELED},
    State.REJECTED: set[State](),
    State.CANCELED: set[State](),
    State.EXPIRED: set[State](),
}
histories = st.lists(inputs, max_size=12).map(live)
fast = settings(deadline=None)


@fast
@given(histories)
def test_the_stream_folds_to_the_order_that_it_made(life: Life) -> None:
    assert fold(ORDER_ID, life.stream) == life.order
    assert life.order.version == len(life.stream)


@fast
@given(histories)
def test_the_stored_bytes_fold_to_the_same_order(life: Life) -> None:
    assert fold(ORDER_ID, (from_bytes(*to_bytes(event)) for event in life.stream)) == life.order


@fast
@given(histories)
def test_only_legal_transitions_happen(life: Life) -> None:
    for before, after in zip(life.states, life.states[1:], strict=False):
        assert after == before or after in LEGAL[before]


@fast
@given(histories)
def test_an_order_is_paid_at_most_once_and_its_stock_released_exactly_when_it_ends(life: Life) -> None:
    assert sum(isinstance(event, ev.Paid) for event in life.stream) <= 1
    ended = life.order.state in (State.REJECTED, State.CANCELED, State.EXPIRED)
    assert life.tasks.count(TaskKind.RELEASE_STOCK) == int(ended)


@fast
@given(st.lists(inputs, max_size=8), inputs)
def test_the_same_news_twice_changes_no_state_the_second_time(happenings: list[Input], news: Input) -> None:
    life = live([*happenings, news])
    state, cancel_requested = life.order.state, life.order.cancel_requested
    life.happens(news)
    assert (life.order.state, life.order.cancel_requested) == (state, cancel_requested)


@fast
@given(histories)
def test_an_order_that_must_move_on_has_left_the_task_that_moves_it(life: Life) -> None:
    if life.order.state is State.PLACED:
        assert TaskKind.DEADLINE in life.tasks
        assert (TaskKind.CLOSE_PAYMENT in life.tasks) == life.order.cancel_requested
    if life.order.state is State.PAID:
        assert TaskKind.SELL_STOCK in life.tasks


@fast
@given(histories, inputs)
def test_after_its_end_only_refunds_are_still_written_down(life: Life, news: Input) -> None:
    length, over = len(life.stream), not LEGAL[life.order.state]
    life.happens(news)
    if over:
        assert {type(event) for event in life.stream[length:]} <= {ev.RefundRecorded, ev.RefundFailureRecorded}


@fast
@given(histories)
def test_each_refund_counts_once_and_the_last_word_on_their_sum_stands(life: Life) -> None:
    told = [event for event in life.stream if isinstance(event, ev.RefundRecorded | ev.RefundFailureRecorded)]
    made = [event.refund_id for event in told if isinstance(event, ev.RefundRecorded)]
    failed = [event.refund_id for event in told if isinstance(event, ev.RefundFailureRecorded)]
    assert (sorted(made), sorted(failed)) == (sorted(life.order.refund_ids), sorted(life.order.failed_refund_ids))
    assert life.order.refunded == ((told[-1].refunded or None) if told else None)


@st.composite
def news_of_refunds(draw: st.DrawFn) -> tuple[list[Input], int]:
    """What payment tells of refunds that arrive and come back, any of it repeated; and the cents that stay away."""
    arrived: dict[str, int] = {}
    told, heard = list[Input](), list[Input]()
    for number in range(draw(st.integers(0, 8))):
        refund_id = draw(st.sampled_from(["", *arrived]))
        if refund_id:
            amount = arrived.pop(refund_id)
            told.append(saga.RefundFailed(NOW, refund_id, euro(amount), euro(sum(arrived.values()))))
        else:
            arrived[f"new_{number}"] = amount = draw(st.integers(1, 500))
            told.append(saga.RefundMade(NOW, f"new_{number}", euro(amount), euro(sum(arrived.values()))))
        heard += [told[-1], *draw(st.lists(st.sampled_from(told), max_size=2))]
    return heard, sum(arrived.values())


@fast
@given(histories, news_of_refunds())
def test_what_went_back_is_what_payment_says_of_it_however_often(life: Life, news: tuple[list[Input], int]) -> None:
    heard, away = news
    for each in heard:
        life.happens(each)
    assert not heard or life.order.refunded == (euro(away) if away else None)
