"""What going back in time means to orders."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from services.chassis.clock import utc_now
from services.chassis.database import Database
from services.chassis.errors import FailedPrecondition
from services.chassis.tasks import Again
from services.order.adapters.repository import OrderRepository
from services.order.adapters.restoring import restored
from services.order.domain import saga
from services.order.domain.saga import TaskKind
from services.order.ports import CloseOutcome
from tests.order.builders import euro
from tests.order.conftest import MIGRATIONS, Desk, Written, begun

pytestmark = pytest.mark.stack
NOW = utc_now()
PAID, SOLD = saga.PaymentArrived(NOW, "pay_1", euro(2500)), saga.StockSold(NOW)
CLOSED, REFUSED = saga.PaymentClosed(NOW), saga.StockRefused(NOW, "INSUFFICIENT_STOCK")
CANCELED = saga.CancelAsked(NOW, "")
LIVES: dict[str, tuple[saga.Input, ...]] = {
    "PLACED": (),
    "PAID": (PAID,),
    "CONFIRMED": (PAID, SOLD),
    "EXPIRED": (CLOSED,),
    "REJECTED": (PAID, REFUSED),
    "CANCELED": (PAID, SOLD, CANCELED),
}


@pytest.fixture
def database_url(new_database: Callable[[Path | None], str]) -> str:
    """Of this test alone."""
    return new_database(MIGRATIONS)


async def an_order(orders: OrderRepository, life: str) -> str:
    order_id = (await begun(orders)).id
    for number, happened in enumerate(LIVES[life]):
        await orders.update(order_id, f"task:{number}:{order_id}", partial(saga.decide, happened=happened))
    return order_id


async def test_each_order_that_was_confirmed_or_ended_within_the_window_is_issued_again(
    database: Database, orders: OrderRepository, written: Written
) -> None:
    made = {life: await an_order(orders, life) for life in LIVES}
    async with database.transaction() as tx:
        assert await restored(tx, NOW - timedelta(days=1)) == {"orders_to_issue_again": 4}
    again = {life for life, order_id in made.items() if TaskKind.ISSUE_AGAIN in await written.tasks(order_id)}
    assert again == {"CONFIRMED", "EXPIRED", "REJECTED", "CANCELED"}
    assert TaskKind.DEADLINE in await written.tasks(made["PLACED"])
    assert TaskKind.SELL_STOCK in await written.tasks(made["PAID"])


async def test_what_is_older_than_the_window_is_left_alone(database: Database, orders: OrderRepository) -> None:
    await an_order(orders, "CONFIRMED")
    async with database.transaction() as tx:
        assert await restored(tx, utc_now() + timedelta(minutes=1)) == {"orders_to_issue_again": 0}


async def test_a_confirmed_orders_stock_is_sold_again_and_nothing_is_appended(desk: Desk, written: Written) -> None:
    order_id = await an_order(desk.orders, "CONFIRMED")
    told = await written.versions(order_id)
    for _ in range(2):
        await desk.saga.issue_again(order_id)
    assert desk.catalog.states[order_id] == "SOLD"
    assert order_id not in desk.payments.closed
    assert await written.versions(order_id) == told


@pytest.mark.parametrize("life", ["EXPIRED", "REJECTED", "CANCELED"])
async def test_an_ended_orders_payment_is_closed_again_and_its_stock_released(
    desk: Desk, written: Written, life: str
) -> None:
    order_id = await an_order(desk.orders, life)
    told = await written.versions(order_id)
    for _ in range(2):
        await desk.saga.issue_again(order_id)
    assert desk.catalog.states[order_id] == "RELEASED"
    assert order_id in desk.payments.closed
    assert await written.versions(order_id) == told


async def test_while_a_bank_decides_an_ended_order_is_asked_about_again(desk: Desk) -> None:
    desk.payments.closing = CloseOutcome.PENDING
    with pytest.raises(Again):
        await desk.saga.issue_again(await an_order(desk.orders, "EXPIRED"))


async def test_an_order_that_may_still_move_is_left_to_its_own_task(desk: Desk) -> None:
    for life in ("PLACED", "PAID"):
        await desk.saga.issue_again(await an_order(desk.orders, life))
    assert not desk.catalog.states
    assert not desk.payments.closed


async def test_stock_that_can_never_be_sold_again_fails_no_task(desk: Desk) -> None:
    order_id = await an_order(desk.orders, "CONFIRMED")
    desk.catalog.failure = FailedPrecondition("INSUFFICIENT_STOCK", "gone")
    await desk.saga.issue_again(order_id)
