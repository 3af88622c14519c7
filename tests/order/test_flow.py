"""A paid order by way of a real Kafka: outbox, relay, consumers, worker, read model."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.message import Message
from shopmesh.payment.v1.payment_events_pb2 import PaymentRefunded, PaymentRefundFailed, PaymentSucceeded

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import DirectEffects, PostgresEffects
from services.chassis.migrations import declared_topics, migrate_topics
from services.chassis.outbox import Outbox
from services.chassis.protos import money_to_proto
from services.chassis.relay import Relay
from services.chassis.worker import Worker
from services.order.adapters.lists import OrderListStore
from services.order.api import consumers, tasks
from services.order.domain.order import OrderView, State
from services.order.use_cases.listing import Listing
from tests import parts
from tests.order.builders import DEADLINE, euro, placed
from tests.order.conftest import MIGRATIONS, Desk, Written, begun
from tests.waiting import eventually

pytestmark = pytest.mark.stack
USER = ids.new("usr")


@pytest.fixture
async def running(
    desk: Desk, lists: OrderListStore, kafka: str, run_prefix: str, database: Database
) -> AsyncIterator[Listing]:
    """All parts of the service but its methods."""
    client = {"bootstrap.servers": kafka}
    settings: Any = SimpleNamespace(kafka_client=client, prefix=f"{run_prefix}order-flow.")
    payment_topics = {"payment-events": {"partitions": 2, "retention_days": 1}}
    dead_letters = ["payment-events.order.payments.dlq"]
    topics = declared_topics(MIGRATIONS.parent, dead_letters) | payment_topics
    await asyncio.to_thread(migrate_topics, client, settings.prefix, 1, topics)
    listing = Listing(desk.orders, lists)
    await listing.mend()
    of_payment, of_own = consumers.payment_handlers(desk.saga), consumers.view_handlers(listing)
    made = [
        Relay(settings, database, "order"),
        Consumer(settings, consumers.PAYMENTS_GROUP, ["payment-events"], of_payment, PostgresEffects(database)),
        Consumer(settings, consumers.VIEW_GROUP, ["order-events"], of_own, DirectEffects()),
        Worker(database, tasks.handlers(desk.saga, desk.placements, utc_now)),
    ]
    async with parts.running(*made):
        yield listing


async def payment_says(database: Database, order_id: str, event: Message, version: int) -> UUID:
    """An event as payment publishes it; its id."""
    async with database.transaction() as tx:
        return await Outbox("payment").add(tx, event, topic="payment-events", key=order_id, version=version)


async def test_a_payment_confirms_the_order_and_its_refund_shows_in_the_list(
    running: Listing, desk: Desk, lists: OrderListStore, database: Database
) -> None:
    order = await begun(desk.orders, placed(user_id=USER, expire_time=utc_now() + DEADLINE))
    captured = money_to_proto(euro(2500))
    arrived = PaymentSucceeded(order_id=order.id, payment_id="pay_1", captured=captured)
    await payment_says(database, order.id, arrived, 1)

    async def listed(state: State, refunded: int | None) -> bool:
        page = await lists.page(USER, [state], None, 10)
        return [(view.id, _cents(view)) for view in page] == [(order.id, refunded)]

    await eventually(lambda: listed(State.CONFIRMED, None), "the confirmed order in the list")
    assert desk.catalog.states[order.id] == "SOLD"
    refund = PaymentRefunded(order_id=order.id, refund_id="ref_1", amount=captured, refunded=captured)
    await payment_says(database, order.id, refund, 2)
    await eventually(lambda: listed(State.CONFIRMED, 2500), "its refund in the list")
    nothing = money_to_proto(euro(0))
    failed = PaymentRefundFailed(order_id=order.id, refund_id="ref_1", amount=captured, refunded=nothing)
    await payment_says(database, order.id, failed, 3)
    await eventually(lambda: listed(State.CONFIRMED, None), "the list without the refund that came back")


def _cents(view: OrderView) -> int | None:
    return view.refunded.amount if view.refunded else None


async def test_what_events_and_tasks_append_names_them(
    running: Listing, desk: Desk, written: Written, database: Database
) -> None:
    order = await begun(desk.orders, placed(expire_time=utc_now() + DEADLINE))
    amount, nothing = money_to_proto(euro(2500)), money_to_proto(euro(0))
    refund = {"order_id": order.id, "refund_id": "ref_1", "amount": amount}
    said = [
        await payment_says(database, order.id, event, version)
        for version, event in enumerate(
            [
                PaymentSucceeded(order_id=order.id, payment_id="pay_1", captured=amount),
                PaymentRefunded(**refund, refunded=amount),
                PaymentRefundFailed(**refund, refunded=nothing),
            ],
            1,
        )
    ]
    expected = {*(f"event:{event_id}" for event_id in said), f"task:sell-stock:{order.id}"}

    async def appended() -> bool:
        return len(await written.causes(order.id)) == 5

    await eventually(appended, "the events of the order")
    assert set((await written.causes(order.id))[1:]) == expected


async def test_a_payment_of_an_unknown_order_is_parked(running: Listing, database: Database) -> None:
    unknown = ids.new("ord")
    arrived = PaymentSucceeded(order_id=unknown, payment_id="pay_1", captured=money_to_proto(euro(1)))
    await payment_says(database, unknown, arrived, 1)

    async def parked() -> bool:
        return unknown in {row["key"] for row in await PostgresEffects(database).keys()}

    await eventually(parked, "the event to be parked")
