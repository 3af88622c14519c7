"""Deliveries over a real database: announced once, sent once, and what a kill, a refusal or an outage leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from services.chassis.tasks import Task
from services.chassis.worker import Worker
from services.notify.adapters.repository import SEND_TASK
from services.notify.api.consumers import user_handlers
from services.notify.api.tasks import purge_deliveries, send_mail
from services.notify.domain.deliveries import Delivery, DeliveryState, Postponed, Refused
from services.notify.ports import Filter
from services.notify.use_cases import Notifications
from tests.notify.conftest import Alarms, Mails, TestClock, registered
from tests.parts import running
from tests.waiting import eventually

pytestmark = pytest.mark.stack
TASKS = query("select * from tasks where kind = %(kind)s and key = %(key)s")
DUE_NOW = query("update tasks set due_time = now() where kind = %(kind)s and key = %(key)s and lease_id is null")


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
    async with running(Worker(database, {SEND_TASK: send_mail(notifications)})):
        yield


async def test_the_worker_sends_and_tries_again_what_was_put_off(
    notifications: Notifications, database: Database, mails: Mails
) -> None:
    mails.errors = [Postponed("451 try later")]
    delivery = await announced(notifications)

    async def done() -> bool:
        async with database.transaction() as tx:
            await tx.execute(DUE_NOW, kind=SEND_TASK, key=delivery.id)
        return not await task(database, delivery)

    async with working(database, notifications):
        await eventually(done, "the message to be sent")
    assert (await stored(notifications, delivery)).state is DeliveryState.SENT
    assert delivery.message_id in mails.taken


async def test_what_is_finished_is_forgotten_after_its_time_and_what_is_not_stays(
    notifications: Notifications, mails: Mails, clock: TestClock
) -> None:
    user_id = ids.new("usr")
    for errors in ([], [Refused("550 no")], [Postponed("451 later")]):
        await user_handlers(notifications)[UserRegistered](registered(user_id=user_id))
        mails.errors = list(errors)
        [newest] = await notifications.list(Filter(subject_id=user_id), 1)
        await asyncio.gather(notifications.send(newest.id), return_exceptions=True)
    forget = purge_deliveries(notifications)
    for days, left in [(89, ["PENDING", "FAILED", "SENT"]), (2, ["PENDING"])]:
        clock.now += timedelta(days=days)
        await forget(Task("purge-deliveries", "", {}))
        assert [delivery.state for delivery in await notifications.list(Filter(subject_id=user_id), 10)] == left
