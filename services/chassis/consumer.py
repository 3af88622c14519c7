"""The consumer: hands events to handlers, keys side by side and events of a key in order, and commits offsets afterwards.

Twice: the effect store knows the events it has seen. An outage is waited for and parks nothing; a fault parks its key
after a few attempts. A record that has no readable id and key can neither be known again nor park anything: it is
counted, logged and passed over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import structlog
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from google.protobuf import message as protobuf
from opentelemetry.trace import SpanKind

from services.chassis import brokers, telemetry
from services.chassis.effects import EffectStore
from services.chassis.events import Event, Record, event_of
from services.chassis.outages import is_outage
from services.chassis.progress import Progress
from services.chassis.relay import RelaySettings
from services.chassis.threads import in_thread

log = structlog.get_logger()
EventHandler = Callable[[Event[Any]], Awaitable[None]]
BATCH = 200
POLL_SECONDS = 0.5
ATTEMPTS = 3
KEYS_AT_ONCE = 8
OUTAGE_PAUSE_SECONDS = 1.0


class Consumer:
    """Consumes ``topics`` as ``group``, both without the installation's prefix; ``handlers`` by type of message."""

    def __init__(
        self,
        settings: RelaySettings,
        group: str,
        topics: Sequence[str],
        handlers: Mapping[type[protobuf.Message], EventHandler],
        effects: EffectStore,
    ) -> None:
        self.group = group
        self.effects = effects
        self._settings = settings
        self.topics = list(topics)
        self._handlers = {message.DESCRIPTOR.full_name: (message, handler) for message, handler in handlers.items()}
        self.types = frozenset(self._handlers)
        """Full names of the messages that are handled."""
        self._slots = asyncio.Semaphore(KEYS_AT_ONCE)
        self.trouble = "has not begun"
        """What keeps events from arriving; empty where nothing does."""
        self.progress = Progress()
        self._oldest: float | None = None
        self._answered = 0.0
        meter = telemetry.meter()
        self._skipped = meter.create_counter(
            "shopmesh_events_skipped", description="Events of types that are not handled."
        )
        self._dead = meter.create_counter("shopmesh_dead_letters", description="Events whose handler failed for good.")
        self._lag = meter.create_gauge(
            "shopmesh_consumer_lag_seconds", description="Age of the oldest event that has come and is not handled."
        )

    async def run(self) -> None:
        """Runs until cancelled; an outage of Kafka is waited for."""
        while True:
            self.progress.step()
            try:
                await self._consume()
            except KafkaException as error:
                self.trouble = f"waits for Kafka: {error}"
                log.warning("consumer_waits", group=self.group, error=str(error))
            except Exception as error:  # a part of the process: it must outlive what it works with
                self.trouble = repr(error)
                log.exception("consumer_failed", group=self.group)
            await asyncio.sleep(OUTAGE_PAUSE_SECONDS)

    @property
    def lag(self) -> float:
        """Seconds since the oldest event that is being handled, or waits behind one that is, was published."""
        return max(0.0, time.time() - self._oldest) if self._oldest is not None else 0.0

    async def _consume(self) -> None:
        consumer = KafkaConsumer(
            self._settings.kafka_client
            | {
                "group.id": self._settings.prefix + self.group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "heartbeat.interval.ms": 500,
                "session.timeout.ms": 6000,
                "partition.assignment.strategy": "cooperative-sticky",
                "allow.auto.create.topics": False,
                "topic.metadata.refresh.interval.ms": 5000,
                "on_commit": _committed,
            }
        )
        consumer.subscribe([self._settings.prefix + topic for topic in self.topics])
        looked, self._answered = 0.0, time.monotonic()
        try:
            while True:
                self.progress.step()
                messages = await in_thread(_poll, consumer)
                await self._handle_batch([m for m in messages if _usable(m)])
                if messages:
                    _commit(consumer, messages)
                if time.monotonic() - looked > brokers.CHECK_SECONDS:
                    await self._look(consumer)
                    looked = time.monotonic()
        finally:
            await in_thread(consumer.close)

    async def _look(self, consumer: KafkaConsumer) -> None:
        """Asks the broker for its topics: a client with nothing to do would not notice that it is away.

        With nothing in hand: the answer comes behind that of the fetch which is under way, after half a second at worst.
        """
        found = await in_thread(brokers.topics, consumer)
        if found is None:
            self.trouble = "Kafka does not answer"
            if time.monotonic() - self._answered > brokers.UNANSWERED_SECONDS:
                raise KafkaException(f"no answer for {brokers.UNANSWERED_SECONDS:.0f} s")
            return
        self._answered = time.monotonic()
        missing = [topic for topic in self.topics if self._settings.prefix + topic not in found]
        self.trouble = f"topics are missing, run migrate: {', '.join(missing)}" if missing else ""

    async def _handle_batch(self, messages: list[Message]) -> None:
        """Handles a batch: keys side by side, the events of a key one after the other."""
        self._oldest = min((m.timestamp()[1] / 1000 for m in messages), default=None)
        self._lag.set(self.lag, {"group": self.group})
        by_key: dict[str, list[Record]] = {}
        for message in messages:
            record = self._record(message)
            if record is not None:
                by_key.setdefault(record.key, []).append(record)
        await asyncio.gather(*(self._handle_key(records) for records in by_key.values()))
        self._oldest = None

    async def _handle_key(self, records: list[Record]) -> None:
        async with self._slots:
            for record in records:
                await self._handle(record)

    async def _handle(self, record: Record) -> None:
        """Handles one event: until it succeeds, is parked, or the process ends."""
        attempts = 0
        while True:
            self.progress.step()
            try:
                await self.effects.apply(self.group, record, lambda: self.dispatch(record))
                return
            except Exception as error:  # whatever it was, the event is waited for or parked, never dropped
                if is_outage(error):
                    log.warning("event_waits", group=self.group, key=record.key, error=str(error))
                    self._lag.set(self.lag, {"group": self.group})
                    await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
                    continue
                attempts += 1
                if attempts >= ATTEMPTS:
                    await self._park(record, error)
                    return
                await asyncio.sleep(0.05 * 2**attempts)

    async def dispatch(self, record: Record) -> None:
        """Runs the handler of a record under its trace."""
        message, handler = self._handlers[record.type]
        name = f"{self.group} {record.type.rpartition('.')[2]}"
        with telemetry.span(name, parent=record.traceparent, kind=SpanKind.CONSUMER):
            await handler(event_of(record, message))

    async def _park(self, record: Record, error: Exception) -> None:
        self._dead.add(1, {"group": self.group, "type": record.type})
        log.error("event_parked", group=self.group, key=record.key, event_id=str(record.id), error=repr(error))
        while True:
            self.progress.step()
            try:
                if not await self.effects.park(self.group, record, repr(error)[:500]):
                    log.error("event_given_up", group=self.group, key=record.key, event_id=str(record.id))
                return
            except Exception as problem:  # the store is away: nothing may be lost, so wait
                log.warning("event_not_parked", group=self.group, error=repr(problem))
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)

    def _record(self, message: Message) -> Record | None:
        """The record of a message; one of a type that is not handled here, or that nobody can read, is passed over."""
        try:
            record = _decoded(message, self._settings.prefix)
        except (KeyError, ValueError) as error:
            place = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
            log.error("event_unreadable", group=self.group, error=repr(error), **place)
            self._dead.add(1, {"group": self.group, "type": ""})
            return None
        if record.type not in self._handlers:
            self._skipped.add(1, {"group": self.group, "type": record.type})
            return None
        return record


def _decoded(message: Message, prefix: str) -> Record:
    """The record of a message; ValueError or KeyError where its key or its headers are not as an envelope's are."""
    pairs = cast(list[tuple[str, bytes | None]], message.headers() or [])
    headers = {name: _text(value) for name, value in pairs}
    topic = (message.topic() or "").removeprefix(prefix)
    record = Record(topic, _text(message.key()), headers, _bytes(message.value()))
    UUID(headers["ce_id"])
    return record


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _poll(consumer: KafkaConsumer) -> list[Message]:
    """Waits for one message and takes what lies behind it: a batch call alone would wait until it is full."""
    first = consumer.poll(POLL_SECONDS)
    return [first, *consumer.consume(BATCH - 1, 0)] if first is not None else []


def _usable(message: Message) -> bool:
    error = message.error()
    if error is not None:
        log.warning("kafka_message_error", error=str(error))
    return error is None


def _commit(consumer: KafkaConsumer, messages: list[Message]) -> None:
    """Has the places behind the batch committed. Does not wait for that: librdkafka sets no limit to such a wait.

    Where a rebalance took the partitions, or the process ends first, whoever has them next repeats the batch harmlessly.
    """
    offsets: dict[tuple[str, int], int] = {}
    for message in messages:
        if message.error() is None:
            place = (message.topic() or "", message.partition() or 0)
            offsets[place] = max(offsets.get(place, 0), (message.offset() or 0) + 1)
    if not offsets:
        return
    try:
        consumer.commit(offsets=[TopicPartition(t, p, o) for (t, p), o in offsets.items()], asynchronous=True)
    except KafkaException as error:
        _committed(error, [])


def _committed(error: KafkaException | KafkaError | None, _: list[TopicPartition]) -> None:
    """Hears in a later poll what became of a commit."""
    if error is not None:
        log.warning("offsets_not_committed", error=str(error))
