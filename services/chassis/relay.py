"""The relay: publishes the outbox to Kafka, in order within a key, each batch as one Kafka transaction.

One relay per service works at a time, the holder of a lease in the database. Taking the lease initialises the
transactional producer, by which the broker fences a paused old holder. Rows are marked only after the Kafka commit and
only under the same epoch; marking them renews the lease, and so does time while the broker is waited for, or two relays at
a slow one would take the lease from each other without end. Each of these is one statement that commits itself: a process
that is paused between a statement and its COMMIT would keep the lease locked for everybody.
Twice: a crash between publishing and marking publishes a batch again, with the same event ids. Events of a topic that
the broker does not have wait until somebody migrates; the others go on.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from services.chassis import brokers, telemetry
from services.chassis.database import Database, Row, query
from services.chassis.outages import is_outage
from services.chassis.outbox import envelope
from services.chassis.progress import Progress
from services.chassis.threads import in_thread
from services.chassis.wakeups import wait

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger()
BATCH = 1000
"""Events of a Kafka transaction, whose cost is nearly the same for one: bench/relay has the figures."""
LARGEST_BATCH = 5 * BATCH
"""Where keys have many events each; far below what the producer's queue holds."""
POLL_SECONDS = 0.5
LEASE = timedelta(seconds=3)
"""A holder that is paused or dead is followed within 5 s: this, a standby's poll, the broker's fencing."""
SEND_SECONDS = 5.0
"""Longest wait for the broker in one step; a stopping relay waits for the step that it is in."""

_TAKE = query(
    """insert into leases as l (name, epoch, holder, expire_time) values (%(name)s, 1, %(holder)s, now() + %(lease)s)
       on conflict (name) do update set epoch = l.epoch + 1, holder = excluded.holder, expire_time = excluded.expire_time
       where l.expire_time < now() or l.holder = excluded.holder returning epoch"""
)
_RENEW = query(
    """update leases set expire_time = now() + %(lease)s where name = %(name)s and epoch = %(epoch)s returning epoch"""
)
_GIVE_BACK = query("update leases set expire_time = now() where name = %(name)s and epoch = %(epoch)s")
# The oldest rows choose the keys; of each key everything unpublished goes, by version: clocks of replicas may differ,
# so the order of event ids is not the order within a key. Where that is too much, a key goes by parts, oldest first.
_BATCH = query(
    """select o.event_id, o.topic, o.key, o.version, o.incarnation, o.type, o.headers, o.payload, o.create_time
       from (select distinct key from
                (select key from outbox where publish_time is null and topic <> all(%(missing)s)
                 order by event_id limit %(count)s) as oldest) as chosen
       cross join lateral
            (select * from outbox where key = chosen.key and publish_time is null and topic <> all(%(missing)s)
             order by incarnation, version, event_id limit %(most)s) as o
       order by o.key, o.incarnation, o.version, o.event_id limit %(most)s"""
)
_MARK = query(
    """with held as (
           update leases set expire_time = now() + %(lease)s where name = %(name)s and epoch = %(epoch)s returning epoch)
       update outbox set publish_time = now() where event_id = any(%(ids)s) and exists (select from held)"""
)
_AGE = query(
    "select extract(epoch from now() - min(create_time))::float8 as age from outbox where publish_time is null"
)

_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)


class RelaySettings(Protocol):
    """The part of a service's settings that a relay needs."""

    prefix: str

    @property
    def kafka_client(self) -> dict[str, Any]: ...


class LeaseLost(Exception):
    """Another relay works now."""


class Relay:
    """Publishes the outbox of ``service``."""

    def __init__(self, settings: RelaySettings, database: Database, service: str) -> None:
        self._settings = settings
        self._database = database
        self.name = f"relay.{service}"
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self._epoch = 0
        self._renewed = 0.0
        self._looked = 0.0
        self._answered = 0.0
        self._topics: frozenset[str] = frozenset()
        self._missing: frozenset[str] = frozenset()
        self._age = telemetry.meter().create_gauge(
            "shopmesh_outbox_age_seconds", description="Age of the oldest event that is not published."
        )
        self.publishing = False
        """Whether this relay, and no other, publishes at present."""
        self.trouble = "has not begun"
        """What keeps events from being published; empty where nothing does. To stand by is no trouble."""
        self.progress = Progress()

    async def run(self) -> None:
        """Runs until cancelled; an outage of Kafka or the database is waited for."""
        while True:
            self.progress.step()
            try:
                await self._hold()
            except LeaseLost:
                log.info("relay_lease_lost")
            except KafkaException as error:
                if _fenced(error):
                    log.info("relay_fenced", error=str(error))
                else:
                    self._wait_for("Kafka", error)
            except Exception as error:  # a part of the process: it must outlive broker and database
                if is_outage(error):
                    self._wait_for("the database", error)
                else:
                    self.trouble = repr(error)
                    log.exception("relay_failed")
            await asyncio.sleep(POLL_SECONDS)

    def _wait_for(self, what: str, error: Exception) -> None:
        self.trouble = f"waits for {what}: {error}"
        log.warning("relay_waits", what=what, error=str(error))

    async def _hold(self) -> None:
        """Takes the lease, publishes while it is ours, gives it back."""
        await self._report_age()
        if not await self._take():
            self.trouble = ""
            return
        producer = Producer(
            self._settings.kafka_client
            | {
                "transactional.id": f"{self._settings.prefix}{self.name}",
                "transaction.timeout.ms": 15000,
                "linger.ms": 5,
                "socket.connection.setup.timeout.ms": 5000,
            }
        )
        try:
            await self._at_broker(producer.init_transactions, SEND_SECONDS)
            self._topics, self._looked, self._renewed = frozenset(), 0.0, 0.0
            self._answered, self.publishing = time.monotonic(), True
            while True:
                if not await self._publish_batch(producer):
                    await wait("relay", POLL_SECONDS)
        finally:
            self.publishing = False
            await asyncio.shield(self._let_go(producer))

    async def _let_go(self, producer: Producer) -> None:
        producer.purge(blocking=False)  # or it would wait for its threads, and everything here with it
        try:
            async with self._database.reader() as tx:
                await tx.execute(_GIVE_BACK, name=self.name, epoch=self._epoch)
        except Exception as error:  # the lease runs out by itself
            log.debug("relay_lease_not_given_back", error=str(error))

    async def _take(self) -> bool:
        async with self._database.reader() as tx:
            row = await tx.one(_TAKE, name=self.name, holder=self._holder, lease=LEASE)
        self._epoch = row["epoch"] if row else 0
        return row is not None

    async def _publish_batch(self, producer: Producer) -> bool:
        """Publishes what waits; whether there was anything."""
        self.progress.step()
        async with self._database.reader() as tx:
            rows = await tx.all(_BATCH, count=BATCH, most=LARGEST_BATCH, missing=list(self._missing))
        if self._missing:
            await self._report_age()
        else:
            self._age.set(max((time.time() - row["create_time"].timestamp() for row in rows), default=0.0))
        if time.monotonic() - self._renewed > LEASE.total_seconds() / 3:
            await self._renew()
        await self._look(producer, {row["topic"] for row in rows})
        rows = [row for row in rows if row["topic"] not in self._missing]
        if rows:
            await self._at_broker(self._send, producer, rows)
            await self._mark([row["event_id"] for row in rows])
        return bool(rows)

    async def _look(self, producer: Producer, topics: set[str]) -> None:
        """Asks the broker for its topics, now and then and where one of ``topics`` is not known."""
        if topics <= self._topics and time.monotonic() - self._looked < brokers.CHECK_SECONDS:
            return
        found = await self._at_broker(brokers.topics, producer)
        self._looked = time.monotonic()
        if found is None:
            self.trouble = "Kafka does not answer"
            if self._looked - self._answered > brokers.UNANSWERED_SECONDS:
                raise KafkaException(f"no answer for {brokers.UNANSWERED_SECONDS:.0f} s")
            return
        self._answered = self._looked
        prefix = self._settings.prefix
        self._topics = frozenset(topic.removeprefix(prefix) for topic in found if topic.startswith(prefix))
        self._hold_back((topics | self._missing) - self._topics)

    def _hold_back(self, missing: set[str] | frozenset[str]) -> None:
        """Leaves the events of these topics where they are, in the outbox and in its age."""
        if missing and missing != self._missing:
            log.error("topics_missing", topics=sorted(missing), remedy="run migrate")
        self._missing = frozenset(missing)
        self.trouble = f"topics are missing, run migrate: {', '.join(sorted(missing))}" if missing else ""

    async def _at_broker(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a step in a thread and renews the lease meanwhile: each step ends in time, but later than a lease may.

        Whether the lease was lost all the same, the next renewal or the marking finds out.
        """
        ended = asyncio.Event()
        renewing = asyncio.create_task(self._renew_until(ended))
        try:
            return await in_thread(call, *args, **kwargs)
        finally:
            ended.set()  # for a renewal in which the cancellation is lost: a database's pool may swallow one
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew_until(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await asyncio.sleep(LEASE.total_seconds() / 3)
            await self._renew()

    async def _renew(self) -> None:
        async with self._database.reader() as tx:
            if await tx.one(_RENEW, name=self.name, epoch=self._epoch, lease=LEASE) is None:
                raise LeaseLost
        self._renewed = time.monotonic()

    async def _mark(self, event_ids: list[UUID]) -> None:
        async with self._database.reader() as tx:
            marked = await tx.execute(_MARK, ids=event_ids, name=self.name, epoch=self._epoch, lease=LEASE)
        if not marked:
            raise LeaseLost
        self._renewed = time.monotonic()

    def _send(self, producer: Producer, rows: list[Row]) -> None:
        """One Kafka transaction; any error aborts it. Runs in a thread."""
        failure = self._transact(producer, rows)
        if failure is None:
            return
        try:
            # Whatever it was, nothing of the batch may become visible. Not while it is handled: an error of the library
            # then keeps it for ever, and with it the producer.
            producer.abort_transaction(SEND_SECONDS)
            raise failure
        finally:
            del failure  # it leads here again, and the producer would live until the collector comes by

    def _transact(self, producer: Producer, rows: list[Row]) -> BaseException | None:
        """Produces and commits; what kept it from that."""
        failed: list[str] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(str(error))

        producer.begin_transaction()
        try:
            for row in rows:
                producer.produce(
                    self._settings.prefix + row["topic"],
                    key=row["key"],
                    value=row["payload"],
                    headers=envelope(row),
                    on_delivery=delivered,
                )
            if producer.flush(SEND_SECONDS) or failed:
                raise KafkaException(f"not delivered: {failed[:3]}")
            producer.commit_transaction(SEND_SECONDS)
        except BaseException as error:
            return error
        return None

    async def _report_age(self) -> None:
        async with self._database.reader() as tx:
            row = await tx.one(_AGE)
        self._age.set((row or {}).get("age") or 0.0)


def _fenced(error: KafkaException) -> bool:
    """Whether the broker refuses this producer: a younger one of its name has begun, or it was silent for too long."""
    cause = error.args[0]
    return isinstance(cause, KafkaError) and cause.code() in _FENCED
