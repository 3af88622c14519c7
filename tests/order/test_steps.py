"""What moves an order after it was placed, against a real PostgreSQL."""

import asyncio
from datetime import datetime, timedelta

import pytest
from shopmesh.order.v1.order_events_pb2 import OrderRefundFailureRecorded

from services.chassis.errors import FailedPrecondition, NotFound, Unavailable
from services.chassis.tasks import Again
from services.order.domain import saga
from services.order.domain.order import Order, State
from services.order.domain.saga import decide
from services.order.ports import CloseOutcome
from services.order.use_cases.watching import StuckOrders
from tests.order.builders import NOW, euro, placed
from tests.order.conftest import Desk, Written, begun

pytestmark = pytest.mark.stack


async def state(desk: Desk, order: Order) -> State:
    head = await desk.orders.head(order.id)
    assert head is not None
    return head.state


async def pays(desk: Desk, order: Order) -> None:
    await desk.saga.payment_succeeded(order.id, f"event:paid:{order.id}", "pay_1", euro(2500))


async def cancels(desk: Desk, order: Order, request: str = "1") -> None:
    happened = saga.CancelAsked(desk.clock(), "")
    await desk.orders.update(order.id, f"rpc:CancelOrder:t:{request}", lambda current: decide(current, happened))


async def sells(desk: Desk, order: Order) -> None:
    await desk.saga.sell_stock(order.id, f"task:sell-stock:{order.id}")


async def closes(desk: Desk, order: Order) -> None:
    await desk.saga.close_payment(order.id, f"task:deadline:{order.id}")


async def an_overdue_order(desk: Desk) -> Order:
    return await begun(desk.orders, placed(expire_time=desk.clock() - timedelta(seconds=1)))


async def test_a_paid_order_is_sold_and_confirmed(desk: Desk, written: Written) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    assert "sell-stock" in await written.tasks(order.id)
    await sells(desk, order)
    assert await state(desk, order) is State.CONFIRMED


async def test_a_sale_that_runs_twice_confirms_once(desk: Desk, written: Written) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    await asyncio.gather(sells(desk, order), sells(desk, order))
    assert await written.versions(order.id) == [1, 2, 3]


@pytest.mark.parametrize("reason", ["INSUFFICIENT_STOCK", "RESERVATION_RELEASED"])
async def test_a_paid_order_that_cannot_be_sold_is_rejected(desk: Desk, written: Written, reason: str) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    desk.catalog.failure = FailedPrecondition(reason, "no")
    await sells(desk, order)
    record = await desk.orders.get(order.id)
    assert record is not None
    assert (record.order.state, record.order.reject_reason) == (State.REJECTED, reason)
    assert "release-stock" in await written.tasks(order.id)


async def test_an_absent_catalog_leaves_a_paid_order_paid(desk: Desk) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    desk.catalog.failure = Unavailable("away")
    with pytest.raises(Unavailable):
        await sells(desk, order)
    assert await state(desk, order) is State.PAID


async def test_an_order_that_was_canceled_is_not_sold(desk: Desk) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    await cancels(desk, order)
    await sells(desk, order)
    assert await state(desk, order) is State.CANCELED
    assert order.id not in desk.catalog.states


async def test_a_cancellation_that_overtakes_a_running_sale_ends_canceled(desk: Desk) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    await desk.catalog.sell(order.id)
    await cancels(desk, order)
    await sells(desk, order)
    await desk.saga.release_stock(order.id)
    assert (await state(desk, order), desk.catalog.states[order.id]) == (State.CANCELED, "RELEASED")


async def test_an_overdue_order_expires_once_its_payment_is_closed(desk: Desk, written: Written) -> None:
    order = await an_overdue_order(desk)
    await closes(desk, order)
    assert await state(desk, order) is State.EXPIRED
    assert "release-stock" in await written.tasks(order.id)


@pytest.mark.parametrize("outcome", [CloseOutcome.PENDING, CloseOutcome.ALREADY_PAID])
async def test_an_order_whose_payment_is_not_closed_waits(desk: Desk, outcome: CloseOutcome) -> None:
    order = await an_overdue_order(desk)
    desk.payments.closing = outcome
    with pytest.raises(Again):
        await closes(desk, order)
    assert await state(desk, order) is State.PLACED


async def test_a_paid_order_ignores_its_deadline(desk: Desk) -> None:
    order = await an_overdue_order(desk)
    await pays(desk, order)
    await closes(desk, order)
    assert await state(desk, order) is State.PAID
    assert order.id not in desk.payments.closed


async def test_a_cancellation_that_meets_a_payment_ends_canceled_and_paid(desk: Desk) -> None:
    order = await begun(desk.orders)
    await cancels(desk, order)
    desk.payments.closing = CloseOutcome.ALREADY_PAID
    with pytest.raises(Again):
        await closes(desk, order)
    await pays(desk, order)
    record = await desk.orders.get(order.id)
    assert record is not None
    assert (record.order.state, record.order.payment_id) == (State.CANCELED, "pay_1")


async def test_a_cancellation_and_the_deadline_at_once_end_once(desk: Desk, written: Written) -> None:
    order = await an_overdue_order(desk)
    await cancels(desk, order)
    by_request = desk.saga.close_payment(order.id, "task:close-payment:1")
    await asyncio.gather(by_request, closes(desk, order))
    assert await state(desk, order) is State.CANCELED
    assert await written.versions(order.id) == [1, 2, 3]


async def test_the_same_payment_event_twice_pays_once(desk: Desk, written: Written) -> None:
    order = await begun(desk.orders)
    await asyncio.gather(pays(desk, order), pays(desk, order))
    assert await written.versions(order.id) == [1, 2]


async def test_refunds_are_recorded(desk: Desk) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    await desk.saga.payment_refunded(order.id, "event:r", "ref_1", euro(2500), euro(2500))
    record = await desk.orders.get(order.id)
    assert record is not None
    assert record.order.refunded == euro(2500)


async def test_a_refund_that_comes_back_is_recorded_once(desk: Desk, written: Written) -> None:
    order = await begun(desk.orders)
    await pays(desk, order)
    await desk.saga.payment_refunded(order.id, "event:r", "ref_1", euro(2500), euro(2500))
    failures = [desk.saga.payment_refund_failed(order.id, f"event:{n}", "ref_1", euro(2500), euro(0)) for n in (1, 2)]
    await asyncio.gather(*failures)
    record = await desk.orders.get(order.id)
    assert record is not None
    assert (record.order.refunded, record.order.version) == (None, 4)
    *_, told = await written.published(order.id)
    assert isinstance(told, OrderRefundFailureRecorded)
    assert (told.refund_id, told.amount.units) == ("ref_1", 25)


async def test_a_payment_of_an_unknown_order_is_an_error_that_parks(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.saga.payment_succeeded("ord_01jd7q8k3qe6n9w5t2x4y8z0ab", "event:1", "pay_1", euro(1))


async def test_a_payment_after_the_end_raises_an_alarm_and_changes_nothing(desk: Desk) -> None:
    order = await an_overdue_order(desk)
    await closes(desk, order)
    await pays(desk, order)
    assert desk.alarms.raised == [("PAID_AFTER_END", order.id)]
    assert await state(desk, order) is State.EXPIRED


class GaugeModel:
    value = 0.0

    def set(self, amount: float) -> None:
        self.value = amount


def watching(desk: Desk, paid: GaugeModel, overdue: GaugeModel, now: datetime) -> StuckOrders:
    """Whoever looks for orders that are stuck, five minutes being too long."""
    return StuckOrders(desk.orders, paid, overdue, desk.alarms, timedelta(minutes=5), lambda: now)


async def test_an_order_that_stays_paid_shows_in_the_metric_and_raises_an_alarm(desk: Desk) -> None:
    then = NOW - timedelta(days=4000)
    order = await begun(desk.orders, placed(occurred_at=then, expire_time=then))
    desk.now = lambda: then
    await pays(desk, order)
    paid, overdue = GaugeModel(), GaugeModel()
    watch = watching(desk, paid, overdue, then + timedelta(minutes=6))
    for _ in range(2):
        await watch.look()
    assert (paid.value, overdue.value) == (360, 0)
    assert desk.alarms.raised == [("PAID_UNCONFIRMED", order.id)], "once, however often it is looked at"


async def test_an_order_that_stays_unpaid_behind_its_deadline_shows_in_the_metric_and_raises_an_alarm(
    desk: Desk,
) -> None:
    then = NOW - timedelta(days=5000)
    order = await begun(desk.orders, placed(occurred_at=then, expire_time=then))
    paid, overdue = GaugeModel(), GaugeModel()
    await watching(desk, paid, overdue, then + timedelta(minutes=5)).look()
    assert (overdue.value, desk.alarms.raised) == (300, []), "not yet too long"
    await watching(desk, paid, overdue, then + timedelta(minutes=6)).look()
    assert (overdue.value, desk.alarms.raised) == (360, [("OVERDUE_UNPAID", order.id)])
    await closes(desk, order)
    await watching(desk, paid, overdue, then + timedelta(minutes=6)).look()
    assert overdue.value == 0
