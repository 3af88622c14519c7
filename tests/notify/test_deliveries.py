"""Deliveries over a real database: announced once, sent once, and what a kill, a refusal or an outage leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pydantic import SecretStr
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered
from shopmesh.notify.v1 import notify_service_pb2 as pb
from shopmesh.notify.v1.notify_service_pb2_grpc import NotifyServiceStub, add_NotifyServiceServicer_to_server

from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from services.chassis.tasks import Tasks
from services.chassis.worker import Worker
from services.notify.adapters.repository import SEND_TASK, PostgresDeliveries
from services.notify.api.consumers import user_handlers
from services.notify.api.servicer import NotifyServicer
from services.notify.api.tasks import send_mail
from services.notify.domain.deliveries import Delivery, DeliveryState, Postponed, Refused
from services.notify.ports import Filter
from services.notify.use_cases import Notifications
from tests.notify.conftest import registered
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
TASKS = query("select * from tasks where kind = %(kind)s and key = %(key)s")
DUE_NOW = query("update tasks set due_time = now() where kind = %(kind)s and key = %(key)s and lease_id is null")


class Mails:
    """A mail server that fails as told, once for each error, and otherwise takes messages."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.taken: list[str] = []

    async def send(self, delivery: Delivery) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(delivery.message_id)


class Alarms:
    """Notes what a person should know."""

    def __init__(self) -> None:
        self.duplicates: list[str] = []
        self.refusals: list[str] = []

    def possible_duplicate(self, delivery: Delivery) -> None:
        self.duplicates.append(delivery.id)

    def refused(self, delivery: Delivery) -> None:
        self.refusals.append(delivery.id)


class TestClock:
    """A clock that ticks with each look, so that deliveries have an order."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    settings: Any = SimpleNamespace(
        database_url=SecretStr(database_url), database_pool_size=8, database_pgbouncer=False
    )
    async with Database(settings) as opened:
        yield opened


@pytest.fixture
def mails() -> Mails:
    return Mails()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


@pytest.fixture
def store(database: Database) -> PostgresDeliveries:
    return PostgresDeliveries(database, Tasks())


@pytest.fixture
def notifications(store: PostgresDeliveries, mails: Mails, alarms: Alarms, database: Database) -> Notifications:
    names = {"shop_name": "Shopmesh", "mail_domain": "shop.test"}
    return Notifications(store, mails, alarms, database, TestClock(), **names)


async def announced(notifications: Notifications, event: Event[UserRegistered] | None = None) -> Delivery:
    """A welcome that is to be sent."""
    event = event or registered()
    await user_handlers(notifications)[UserRegistered](event)
    [delivery] = await notifications.list(Filter(subject_id=event.data.user_id), 10)
    return delivery


async def stored(notifications: Notifications, delivery: Delivery) -> Delivery:
    [found] = await notifications.list(Filter(subject_id=delivery.message.subject_id), 10)
    return found


async def task(database: Database, delivery: Delivery) -> Row | None:
    async with database.reader() as tx:
        return await tx.one(TASKS, kind=SEND_TASK, key=delivery.id)


async def test_an_event_leaves_a_delivery_and_its_task(notifications: Notifications, database: Database) -> None:
    event = registered()
    delivery = await announced(notifications, event)
    assert (delivery.state, delivery.subject) == (DeliveryState.PENDING, "Welcome to Shopmesh")
    assert delivery.message.recipient == event.data.email
    assert await task(database, delivery) is not None


async def test_an_event_that_comes_again_is_announced_once_with_and_without_the_inbox(
    notifications: Notifications, database: Database
) -> None:
    event = registered()
    headers = {"ce_id": str(event.id), "ce_type": event.type}
    record = Record("user-events", event.data.user_id, headers, event.data.SerializeToString())
    effects = PostgresEffects(database)

    async def consume(group: str) -> None:
        await effects.apply(group, record, lambda: user_handlers(notifications)[UserRegistered](event))

    await asyncio.gather(*(consume("notify.users") for _ in range(4)), consume("notify.users.renamed"))
    assert len(await notifications.list(Filter(subject_id=event.data.user_id), 10)) == 1


async def test_a_crash_of_the_consumer_leaves_neither_delivery_nor_task(
    notifications: Notifications, database: Database
) -> None:
    event = registered()
    with pytest.raises(KeyboardInterrupt):
        async with database.transaction():
            await user_handlers(notifications)[UserRegistered](event)
            raise KeyboardInterrupt
    assert await notifications.list(Filter(subject_id=event.data.user_id), 10) == []


async def test_nobody_is_told_where_the_address_was_erased(notifications: Notifications) -> None:
    event = registered(email="")
    await user_handlers(notifications)[UserRegistered](event)
    assert await notifications.list(Filter(subject_id=event.data.user_id), 10) == []


async def test_a_delivery_is_sent_once_however_often_its_task_runs(notifications: Notifications, mails: Mails) -> None:
    delivery = await announced(notifications)
    for _ in range(3):
        await notifications.send(delivery.id)
    sent = await stored(notifications, delivery)
    assert mails.taken == [delivery.message_id]
    assert (sent.state, sent.attempts) == (DeliveryState.SENT, 1)
    assert sent.send_time is not None


async def test_a_kill_between_acceptance_and_record_sends_one_message_id_again_and_counts_it(
    notifications: Notifications, mails: Mails, alarms: Alarms
) -> None:
    delivery = await announced(notifications)
    mails.errors = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await notifications.send(delivery.id)
    assert (await stored(notifications, delivery)).state is DeliveryState.SENDING
    await notifications.send(delivery.id)
    assert alarms.duplicates == [delivery.id]
    assert mails.taken == [delivery.message_id]


async def test_an_outage_is_no_possible_duplicate(notifications: Notifications, mails: Mails, alarms: Alarms) -> None:
    delivery = await announced(notifications)
    mails.errors = [Postponed("451 try later")]
    with pytest.raises(Postponed):
        await notifications.send(delivery.id)
    waiting = await stored(notifications, delivery)
    assert (waiting.state, waiting.last_error) == (DeliveryState.PENDING, "451 try later")
    await notifications.send(delivery.id)
    sent = await stored(notifications, delivery)
    assert (sent.state, sent.attempts, sent.last_error) == (DeliveryState.SENT, 2, "")
    assert alarms.duplicates == []


async def test_a_refusal_for_good_ends_the_delivery_with_an_alarm(
    notifications: Notifications, mails: Mails, alarms: Alarms
) -> None:
    delivery = await announced(notifications)
    mails.errors = [Refused("550 no such user")]
    await notifications.send(delivery.id)
    await notifications.send(delivery.id)
    failed = await stored(notifications, delivery)
    assert (failed.state, failed.last_error) == (DeliveryState.FAILED, "550 no such user")
    assert alarms.refusals == [delivery.id]
    assert mails.taken == []


@asynccontextmanager
async def working(database: Database, notifications: Notifications) -> AsyncIterator[None]:
    worker = asyncio.create_task(Worker(database, {SEND_TASK: send_mail(notifications)}).run())
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_the_worker_sends_and_tries_again_what_was_put_off(
    notifications: Notifications, database: Database, mails: Mails
) -> None:
    mails.errors = [Postponed("451 try later")]
    delivery = await announced(notifications)
    async with working(database, notifications), asyncio.timeout(10):
        while await task(database, delivery):
            await asyncio.sleep(0.02)
            async with database.transaction() as tx:
                await tx.execute(DUE_NOW, kind=SEND_TASK, key=delivery.id)
    assert (await stored(notifications, delivery)).state is DeliveryState.SENT
    assert delivery.message_id in mails.taken


@pytest.fixture
async def stub(notifications: Notifications) -> AsyncIterator[Any]:
    async with serving([(add_NotifyServiceServicer_to_server, NotifyServicer(notifications))]) as channel:
        yield NotifyServiceStub(channel)


STAFF_ID = ids.new("usr")


async def test_staff_page_through_deliveries_the_newest_first(stub: Any, notifications: Notifications) -> None:
    user_id = ids.new("usr")
    for _ in range(5):
        await user_handlers(notifications)[UserRegistered](registered(user_id=user_id))
    request = pb.ListDeliveriesRequest(subject_id=user_id, page_size=2)
    pages = []
    while True:
        page = await stub.ListDeliveries(request, metadata=bearer(STAFF_ID, "STAFF"))
        pages.append([delivery.id for delivery in page.deliveries])
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert [len(page) for page in pages] == [2, 2, 1]
    everything = [delivery_id for page in pages for delivery_id in page]
    expected = [delivery.id for delivery in await notifications.list(Filter(subject_id=user_id), 10)]
    assert everything == expected


async def test_staff_filter_by_state_where_being_handed_over_counts_as_pending(
    stub: Any, notifications: Notifications, mails: Mails
) -> None:
    user_id = ids.new("usr")
    for error in (None, asyncio.CancelledError(), Refused("550 no")):
        await user_handlers(notifications)[UserRegistered](registered(user_id=user_id))
        newest = (await notifications.list(Filter(subject_id=user_id), 1))[0]
        mails.errors = [error] if error else []
        await asyncio.gather(notifications.send(newest.id), return_exceptions=True)
    states = (pb.DELIVERY_STATE_SENT, pb.DELIVERY_STATE_PENDING, pb.DELIVERY_STATE_FAILED)
    for state in states:
        request = pb.ListDeliveriesRequest(subject_id=user_id, state=state)
        [delivery] = (await stub.ListDeliveries(request, metadata=bearer(STAFF_ID, "STAFF"))).deliveries
        assert delivery.state == state
    failed = delivery
    assert (failed.last_error, failed.attempts, failed.template) == ("550 no", 1, "welcome")
    assert (
        len(
            (
                await stub.ListDeliveries(
                    pb.ListDeliveriesRequest(subject_id=user_id), metadata=bearer(STAFF_ID, "STAFF")
                )
            ).deliveries
        )
        == 3
    )


async def test_a_token_of_another_list_and_callers_who_are_not_staff_are_refused(stub: Any) -> None:
    for metadata, refusal in [((), "UNAUTHENTICATED"), (bearer(ids.new("usr")), "PERMISSION_DENIED")]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListDeliveries(pb.ListDeliveriesRequest(), metadata=metadata)
        assert reason_of(refused.value)[0] == refusal
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ListDeliveries(pb.ListDeliveriesRequest(page_token="nonsense"), metadata=bearer(STAFF_ID, "STAFF"))
    assert reason_of(refused.value)[0] == "INVALID_ARGUMENT"
