"""Orders in a real PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from shopmesh.order.v1 import order_events_pb2 as pb
from sqlalchemy import create_engine

from services.chassis import ids
from services.chassis.database import Database, query
from services.chassis.errors import NotFound
from services.order.adapters.repository import OrderRepository
from services.order.adapters.tables import metadata
from services.order.domain import saga
from services.order.domain.order import Order, State
from services.order.domain.saga import decide
from services.order.ports import Head
from tests.order.builders import ADA, NOW, euro, placed
from tests.order.conftest import Written, begun

pytestmark = pytest.mark.stack

ARRIVED = saga.PaymentArrived(NOW, "pay_1", euro(2500))
SOLD = saga.StockSold(NOW)
CANCEL = saga.CancelAsked(NOW, "too slow")
_COPY = query(
    """insert into order_events select order_id, version + %(later)s, type, payload, cause_id, index + %(further)s
       from order_events where order_id = %(order_id)s and version = 1"""
)
_ERASE = query("update order_contacts set email = null, display_name = null where order_id = %(order_id)s")


async def happens(orders: OrderRepository, order: Order, happened: saga.Input, cause: str | None = None) -> Order:
    return await orders.update(order.id, cause or f"task:{happened}", lambda current: decide(current, happened))


async def test_an_order_is_read_back_as_it_was_placed(orders: OrderRepository) -> None:
    event = placed(user_id=ids.new("usr"))
    order = await begun(orders, event)
    record = await orders.get(order.id)
    assert record is not None
    assert (record.order.placed, record.contact, record.order.version) == (event, ADA, 1)


async def test_an_unknown_order_is_none_to_read_and_not_found_to_change(orders: OrderRepository) -> None:
    unknown = ids.new("ord")
    assert await orders.get(unknown) is None
    assert await orders.head(unknown) is None
    with pytest.raises(NotFound):
        await orders.update(unknown, "task:x", lambda order: decide(order, SOLD))


async def test_placing_publishes_the_contact_and_leaves_the_deadline(orders: OrderRepository, written: Written) -> None:
    order = await begun(orders)
    (event,) = await written.published(order.id)
    assert isinstance(event, pb.OrderPlaced)
    assert event.contact.email == ADA.email
    assert event.totals.total.units == 25
    assert await written.tasks(order.id) == {"deadline": order.placed.expire_time}


async def test_each_stored_event_is_published_with_its_version(orders: OrderRepository, written: Written) -> None:
    order = await begun(orders)
    await happens(orders, order, ARRIVED)
    await happens(orders, order, SOLD)
    published = await written.published(order.id)
    assert [type(event) for event in published] == [pb.OrderPlaced, pb.OrderPaid, pb.OrderConfirmed]
    assert await written.versions(order.id) == [1, 2, 3]
    confirmed = published[-1]
    assert isinstance(confirmed, pb.OrderConfirmed)
    assert (confirmed.cart_id, confirmed.payment_id) == (order.placed.cart_id, "pay_1")
    assert confirmed.contact.email == ADA.email
    assert await orders.head(order.id) == Head(3, State.CONFIRMED)


async def test_the_same_cause_appends_once(orders: OrderRepository) -> None:
    order = await begun(orders)
    refund = saga.RefundMade(NOW, "ref_1", euro(100), euro(100))
    other = saga.RefundMade(NOW, "ref_2", euro(100), euro(200))
    await happens(orders, order, refund, cause="event:1")
    after = await happens(orders, order, other, cause="event:1")
    assert after.refund_ids == {"ref_1"}


@pytest.mark.parametrize(("later", "further", "rule"), [(0, 1, "order_events_pkey"), (1, 0, "order_events_cause")])
async def test_the_database_itself_takes_no_second_event_of_a_version_or_of_a_place_in_a_cause(
    orders: OrderRepository, database: Database, later: int, further: int, rule: str
) -> None:
    order_id = ids.uuid_of((await begun(orders)).id)
    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        async with database.transaction() as tx:
            await tx.execute(_COPY, order_id=order_id, later=later, further=further)
    assert refused.value.diag.constraint_name == rule


async def test_what_happens_at_the_same_time_happens_one_after_the_other(
    orders: OrderRepository, written: Written
) -> None:
    order = await begun(orders)
    refunds = [saga.RefundMade(NOW, f"ref_{number}", euro(1), euro(6)) for number in range(6)]
    await asyncio.gather(*(happens(orders, order, refund) for refund in refunds))
    assert await written.versions(order.id) == [1, 2, 3, 4, 5, 6, 7]
    record = await orders.get(order.id)
    assert record is not None
    assert len(record.order.refund_ids) == 6


async def test_the_reason_of_a_cancellation_is_published_and_not_in_the_stream(
    orders: OrderRepository, written: Written, database: Database
) -> None:
    order = await begun(orders)
    await happens(orders, order, CANCEL)
    assert "close-payment" in await written.tasks(order.id)
    await happens(orders, order, saga.PaymentClosed(NOW))
    canceled = (await written.published(order.id))[-1]
    assert isinstance(canceled, pb.OrderCanceled)
    assert (canceled.reason, canceled.paid) == ("too slow", False)
    assert b"too slow" not in await _stream_bytes(database, order)


async def _stream_bytes(database: Database, order: Order) -> bytes:
    events = query("select payload from order_events where order_id = %(order_id)s order by version")
    async with database.reader() as tx:
        rows = await tx.all(events, order_id=ids.uuid_of(order.id))
    return b"".join(bytes(row["payload"]) for row in rows)


async def test_a_stream_holds_no_personal_data(orders: OrderRepository, database: Database) -> None:
    stored = await _stream_bytes(database, await begun(orders))
    assert not any(word.encode() in stored for word in (ADA.email, ADA.display_name, "Vienna", "Ring 1"))


async def test_an_erased_contact_is_none_and_events_go_on_without_it(
    orders: OrderRepository, database: Database, written: Written
) -> None:
    order = await begun(orders)
    async with database.transaction() as tx:
        await tx.execute(_ERASE, order_id=ids.uuid_of(order.id))
    record = await orders.get(order.id)
    assert record is not None
    assert record.contact is None
    await happens(orders, order, ARRIVED)
    await happens(orders, order, SOLD)
    confirmed = (await written.published(order.id))[-1]
    assert isinstance(confirmed, pb.OrderConfirmed)
    assert not confirmed.HasField("contact")


async def test_a_transaction_that_fails_leaves_nothing(
    orders: OrderRepository, database: Database, written: Written
) -> None:
    order = await begun(orders)

    async def fail_after_paying() -> None:
        async with database.transaction():
            await happens(orders, order, ARRIVED)
            raise RuntimeError("the handler failed")

    with pytest.raises(RuntimeError):
        await fail_after_paying()
    assert await orders.head(order.id) == Head(1, State.PLACED)
    assert await written.versions(order.id) == [1]
    assert "sell-stock" not in await written.tasks(order.id)


async def test_an_order_can_be_read_as_it_was_placed(orders: OrderRepository) -> None:
    order = await begun(orders)
    await happens(orders, order, ARRIVED)
    record = await orders.as_placed(order.id)
    assert record is not None
    assert (record.order.state, record.order.version) == (State.PLACED, 1)


async def test_ids_come_page_by_page(orders: OrderRepository) -> None:
    made = [(await begun(orders)).id for _ in range(3)]
    assert await orders.ids_after(made[0], 2) == made[1:]
    assert await orders.ids_after(made[0], 1) == [made[1]]


async def test_orders_that_are_stuck_are_found(orders: OrderRepository) -> None:
    long_ago = NOW - timedelta(days=3650)
    order = await begun(orders, placed(occurred_at=long_ago, expire_time=long_ago))
    overdue = await orders.oldest_overdue(NOW)
    assert overdue is not None
    assert (overdue.order_id, overdue.since) == (order.id, long_ago)
    await happens(orders, order, saga.PaymentArrived(long_ago, "pay_1", euro(2500)))
    await happens(orders, order, saga.RefundMade(NOW, "ref_1", euro(1), euro(1)))
    oldest = await orders.oldest_paid()
    assert oldest is not None
    assert (oldest.order_id, oldest.since) == (order.id, long_ago)


def test_the_tables_are_what_the_migration_makes(database_url: str) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or name in metadata.tables

    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
