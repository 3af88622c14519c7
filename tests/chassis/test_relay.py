"""The relay: one works at a time, and what cannot be published holds up nothing else."""

import asyncio
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from services.chassis import ids
from services.chassis.database import Database, query
from services.chassis.errors import InvalidArgument
from services.chassis.migrations import migrate_topics
from services.chassis.outbox import MOST_BYTES
from services.chassis.progress import StandsStill
from services.chassis.relay import Relay
from tests.chassis.conftest import postgres_settings
from tests.chassis.messaging import first_hears_nothing, publish, published
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
HOLDER = query("select holder, epoch from leases where name = %(name)s")
ROW = query("select event_id from outbox where key = %(key)s")
SHORT_LEASE = timedelta(seconds=6)
"""Renewed each third of it: who stalls for 3 s has not lost it."""
LONG_LEASE = timedelta(seconds=30)
SLOW_S = 10.0
EXPIRE_LEASE = query(
    """update leases set expire_time = now() - interval '1 second' where name = %(name)s and epoch = %(epoch)s"""
)

TAKE_LEASE = query(
    """update leases set epoch = epoch + 1, holder = 'another', expire_time = now() + interval '1 hour'
       where name = %(name)s"""
)
Step = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
async def own_database(new_database: Callable[..., str]) -> Any:
    """A database whose outbox no other test's relay reads."""
    async with Database(postgres_settings(new_database(Path(__file__).parent / "migrations"))) as opened:
        yield opened


async def test_an_event_for_a_topic_that_is_missing_holds_up_no_other_and_goes_when_the_topic_is_there(
    kafka_settings: Any, own_database: Database, run_prefix: str
) -> None:
    held, other, missing = ids.new("usr"), ids.new("usr"), f"late-{ids.new_uuid().hex[:8]}"
    relay = Relay(kafka_settings, own_database, f"t-{missing}")
    await publish(own_database, held, 1, "held", topic=missing)
    await publish(own_database, other, 1, "other")
    async with running(relay):
        await until(lambda: published(own_database, other))
        assert not await published(own_database, held)
        assert missing in relay.trouble
        await publish(own_database, other, 2, "later")
        await until(lambda: published(own_database, other))
        await asyncio.to_thread(
            migrate_topics,
            kafka_settings.kafka_client,
            run_prefix,
            1,
            {missing: {"partitions": 1, "retention_days": 1}},
        )
        await until(lambda: published(own_database, held))
        await until(lambda: relay.trouble == "")


async def test_a_relay_that_lost_its_lease_is_followed_by_another(kafka_settings: Any, own_database: Database) -> None:
    first, second = Relay(kafka_settings, own_database, "t-lease"), Relay(kafka_settings, own_database, "t-lease")

    async def holder() -> Any:
        async with own_database.reader() as tx:
            return await tx.one(HOLDER, name="relay.t-lease")

    async with running(first):
        await until(lambda: first.publishing)
        before = await holder()

        async def followed() -> bool:
            """Its lease runs out at each look: it may have renewed it before the other came to take it."""
            async with own_database.transaction() as tx:
                await tx.execute(EXPIRE_LEASE, name="relay.t-lease", epoch=before["epoch"])
            return second.publishing

        async with running(second):
            await until(followed, "the other relay to publish")
            key = ids.new("usr")
            await publish(own_database, key, 1, "after the change")
            await until(lambda: published(own_database, key))
            after = await holder()
    assert after["epoch"] > before["epoch"]


async def nothing() -> None:
    pass


def committing(before: Step = nothing, after: Step = nothing) -> type[Producer]:
    """A producer that takes a step before the broker commits, and one after, while the relay waits for the commit."""
    loop = asyncio.get_running_loop()

    class CommittingProducer(Producer):
        def commit_transaction(self, *args: Any) -> None:
            asyncio.run_coroutine_threadsafe(before(), loop).result()
            super().commit_transaction(*args)
            asyncio.run_coroutine_threadsafe(after(), loop).result()

    return CommittingProducer


async def test_events_are_marked_only_after_their_commit(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, marked = ids.new("usr"), list[bool]()

    async def look() -> None:
        marked.append(await published(own_database, key))

    monkeypatch.setattr("services.chassis.relay.Producer", committing(before=look))
    await publish(own_database, key, 1, "n")
    async with running(Relay(kafka_settings, own_database, "t-marks")):
        await until(lambda: published(own_database, key))
    assert marked == [False]


async def test_a_relay_whose_lease_another_takes_behind_the_commit_marks_nothing(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, key, taken = Relay(kafka_settings, own_database, "t-epoch"), ids.new("usr"), asyncio.Event()

    async def take() -> None:
        async with own_database.transaction() as tx:
            await tx.execute(TAKE_LEASE, name="relay.t-epoch")
        taken.set()

    monkeypatch.setattr("services.chassis.relay.Producer", committing(after=take))
    await publish(own_database, key, 1, "n")
    async with running(relay):
        await taken.wait()
        await until(lambda: not relay.publishing)
    assert not await published(own_database, key)


class RenewalThatLosesItsCancellation(Relay):
    """As a pool of connections may, where the cancellation comes together with the answer."""

    def __init__(self, settings: Any, database: Database, service: str) -> None:
        super().__init__(settings, database, service)
        self.begun = threading.Event()

    async def _renew(self) -> None:
        if self.begun.is_set():
            return
        self.begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def test_a_step_at_the_broker_ends_also_where_its_renewal_loses_the_cancellation(
    kafka_settings: Any, own_database: Database
) -> None:
    relay = RenewalThatLosesItsCancellation(kafka_settings, own_database, "t-lost")
    async with asyncio.timeout(SLOW_S):
        assert await relay._at_broker(relay.begun.wait)


async def test_a_relay_that_stands_by_is_well(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.relay.LEASE", LONG_LEASE)
    first, second = Relay(kafka_settings, own_database, "t-by"), Relay(kafka_settings, own_database, "t-by")
    async with running(first):
        await until(lambda: first.publishing)
        async with running(second):
            await until(lambda: second.trouble == "")
            assert not second.publishing


async def test_a_relay_without_a_broker_says_so(own_database: Database) -> None:
    settings = type("Settings", (), {"prefix": "", "kafka_client": {"bootstrap.servers": "127.0.0.1:1"}})()
    relay = Relay(settings, own_database, "t-away")
    assert relay.trouble
    async with running(relay):
        await publish(own_database, ids.new("usr"), 1, "waits")
        await until(lambda: "Kafka" in relay.trouble)


def slow_at(step: str) -> type[Producer]:
    """A producer whose broker takes longer for one step than the lease lasts."""

    def after_a_while(self: Producer, *args: Any) -> Any:
        time.sleep(1.5 * SHORT_LEASE.total_seconds())
        return getattr(Producer, step)(self, *args)

    return type("SlowProducer", (Producer,), {step: after_a_while})


@pytest.mark.parametrize("step", ["init_transactions", "commit_transaction"])
async def test_relays_at_a_slow_broker_do_not_take_the_lease_from_each_other(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr("services.chassis.relay.LEASE", SHORT_LEASE)
    monkeypatch.setattr("services.chassis.relay.Producer", slow_at(step))
    relays = [Relay(kafka_settings, own_database, f"t-slow-{step}") for _ in range(2)]
    key = ids.new("usr")
    await publish(own_database, key, 1, "slowly")
    async with running(*relays):
        await until(lambda: published(own_database, key))
        async with own_database.reader() as tx:
            holder = await tx.one(HOLDER, name=f"relay.t-slow-{step}")
    assert holder
    assert holder["epoch"] == 1


async def test_a_relay_that_hangs_at_its_broker_stands_still(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, key, released = Relay(kafka_settings, own_database, "t-still"), ids.new("usr"), asyncio.Event()

    async def hang() -> None:
        await released.wait()

    monkeypatch.setattr("services.chassis.progress.STILL_SECONDS", 2.0)
    monkeypatch.setattr("services.chassis.relay.Producer", committing(before=hang))
    await publish(own_database, key, 1, "n")
    async with running(relay):
        with pytest.raises(StandsStill):
            await asyncio.wait_for(relay.progress.watch(), 30)
        assert not await published(own_database, key)
        released.set()
        await until(lambda: published(own_database, key))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(relay.progress.watch(), 4)


def failing_to_commit(clients: list[weakref.ref[Producer]]) -> type[Producer]:
    """A producer whose first client neither commits nor aborts."""

    class FailingProducer(Producer):
        def __init__(self, settings: dict[str, Any]) -> None:
            super().__init__(settings)
            clients.append(weakref.ref(self))

        def commit_transaction(self, *args: Any) -> None:
            if clients[0]() is self:
                raise KafkaException("not committed")
            super().commit_transaction(*args)

        def abort_transaction(self, *args: Any) -> None:
            super().abort_transaction(*args)
            super().abort_transaction(*args)  # there is none any more: the library's own error

    return FailingProducer


async def test_a_producer_that_can_neither_commit_nor_abort_is_let_go(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients, key = list[weakref.ref[Producer]](), ids.new("usr")
    monkeypatch.setattr("services.chassis.relay.Producer", failing_to_commit(clients))
    await publish(own_database, key, 1, "n")
    async with running(Relay(kafka_settings, own_database, "t-let-go")):
        await until(lambda: published(own_database, key))
        assert clients[0]() is None


async def test_an_event_that_no_topic_would_take_is_refused_with_its_fact(own_database: Database) -> None:
    key = ids.new("usr")
    with pytest.raises(InvalidArgument, match=f"{key} would have"):
        await publish(own_database, key, 1, "n" * MOST_BYTES)
    async with own_database.reader() as tx:
        assert await tx.one(ROW, key=key) is None


async def test_the_largest_event_is_published(kafka_settings: Any, own_database: Database) -> None:
    key = ids.new("usr")
    await publish(own_database, key, 1, "n" * (MOST_BYTES - 100))
    async with running(Relay(kafka_settings, own_database, "t-large")):
        await until(lambda: published(own_database, key))


async def test_a_producer_that_hears_nothing_gives_way_to_a_new_one(
    kafka_settings: Any, own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = first_hears_nothing(monkeypatch)
    relay = Relay(kafka_settings, own_database, "t-unheard")
    async with running(relay):
        await until(lambda: len(clients) > 1, "a new client")
        await until(lambda: relay.trouble == "", "the relay to be well")
