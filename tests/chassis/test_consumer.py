"""The consumer on a real Kafka: records that nobody can read, lag, and what health says."""

import asyncio
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import Producer, TopicPartition
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import brokers, ids
from services.chassis import consumer as consuming
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import DeadLetters, DirectEffects, PostgresEffects
from services.chassis.events import Event
from tests.chassis.conftest import TOPIC, Effects, points
from tests.chassis.messaging import consumer, first_hears_nothing, has, recorder
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
TYPE = UserRegistered.DESCRIPTOR.full_name


def send(
    settings: Any, key: str | bytes, headers: Sequence[tuple[str, str | bytes | None]], value: bytes = b""
) -> None:
    """Puts a record into the topic past the outbox, as nobody should."""
    producer = Producer(settings.kafka_client)
    producer.produce(settings.prefix + TOPIC, key=key, value=value, headers=list(headers))
    assert producer.flush(10) == 0


def envelope(key: str, **changed: str | bytes | None) -> list[tuple[str, str | bytes | None]]:
    headers: dict[str, str | bytes | None] = {
        "ce_id": str(ids.new_uuid()),
        "ce_type": TYPE,
        "ce_subject": key,
        "ce_time": "2026-11-21T12:00:00+00:00",
        "ce_sequence": "000001.000000000001",
    }
    return list((headers | changed).items())


async def test_a_record_that_nobody_can_read_is_passed_over(
    kafka_settings: Any, database: Database, effects: Effects
) -> None:
    key = ids.new("usr")
    part = consumer(kafka_settings, database, "unreadable", recorder(effects, "unreadable"))
    bad_id = envelope(key, ce_id="no uuid")
    no_id = [header for header in envelope(key) if header[0] != "ce_id"]
    bad_text = envelope(key, ce_source=b"\xff\xfe")
    async with running(part):
        for headers in (bad_id, no_id, bad_text):
            await asyncio.to_thread(send, kafka_settings, key, headers)
        await asyncio.to_thread(send, kafka_settings, b"\xff", envelope(key))
        good = UserRegistered(user_id=key, display_name="good").SerializeToString()
        await asyncio.to_thread(send, kafka_settings, key, envelope(key), good)
        await until(lambda: has(effects, f"unreadable:{key}:good"))
    assert await part.effects.events("unreadable", key) == []  # type: ignore[attr-defined]


async def test_an_event_behind_a_trace_that_is_none_is_handled(
    kafka_settings: Any, database: Database, effects: Effects
) -> None:
    key = ids.new("usr")
    headers = envelope(key, traceparent="00-" + 32 * "z" + "-" + 16 * "z" + "-zz")
    value = UserRegistered(user_id=key, display_name="n").SerializeToString()
    await asyncio.to_thread(send, kafka_settings, key, headers, value)
    async with running(consumer(kafka_settings, database, "traceless", recorder(effects, "traceless"))):
        await until(lambda: has(effects, f"traceless:{key}:n"))


async def test_lag_is_the_age_of_the_oldest_event_that_waits(kafka_settings: Any, database: Database) -> None:
    key, go = ids.new("usr"), asyncio.Event()

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == key:
            await go.wait()

    part = consumer(kafka_settings, database, "lag", handle)
    await asyncio.to_thread(send, kafka_settings, key, envelope(key))
    async with running(part):
        await until(lambda: part.lag > 0.2)
        go.set()
        await until(lambda: part.lag == 0)


async def test_no_event_waits_while_the_broker_is_asked_how_it_is(
    kafka_settings: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes behind that of the fetch under way, so half a second later."""
    key, steps = ids.new("usr"), list[str]()
    poll, topics = consuming._poll, brokers.topics

    def polls(client: Any) -> list[Any]:
        messages = poll(client)
        steps.extend("taken" for message in messages if message.key() == key.encode())
        return messages

    def asks(client: Any) -> frozenset[str] | None:
        steps.append("asked")
        return topics(client)

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == key:
            steps.append("handled")

    monkeypatch.setattr(consuming, "_poll", polls)
    monkeypatch.setattr(brokers, "topics", asks)
    monkeypatch.setattr(brokers, "CHECK_SECONDS", 0)
    async with running(consumer(kafka_settings, database, "unasked", handle)):
        await asyncio.to_thread(send, kafka_settings, key, envelope(key))
        await until(lambda: "handled" in steps and steps[-1] == "asked")
    taken = steps.index("taken")
    assert steps[taken : taken + 3] == ["taken", "handled", "asked"]


def send_in_a_transaction(settings: Any, key: str, name: str, *, commit: bool) -> None:
    """Puts an event into the topic and ends its transaction; the broker has it in either case."""
    producer = Producer(settings.kafka_client | {"transactional.id": f"{settings.prefix}{key}"})
    producer.init_transactions(10)
    producer.begin_transaction()
    value = UserRegistered(user_id=key, display_name=name).SerializeToString()
    producer.produce(settings.prefix + TOPIC, key=key, value=value, headers=envelope(key))
    assert producer.flush(10) == 0
    (producer.commit_transaction if commit else producer.abort_transaction)(10)


async def test_an_event_of_an_aborted_transaction_is_never_handled(kafka_settings: Any) -> None:
    key, handled = ids.new("usr"), list[str]()

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == key:
            handled.append(event.data.display_name)

    await asyncio.to_thread(send_in_a_transaction, kafka_settings, key, "aborted", commit=False)
    await asyncio.to_thread(send_in_a_transaction, kafka_settings, key, "committed", commit=True)
    async with running(Consumer(kafka_settings, "aborted", [TOPIC], {UserRegistered: handle}, DirectEffects())):
        await until(lambda: "committed" in handled)
    assert handled == ["committed"]


async def test_an_event_that_a_store_without_parking_cannot_handle_is_given_up_and_the_next_of_its_key_is_handled(
    kafka_settings: Any, database: Database
) -> None:
    key, handled = ids.new("usr"), list[str]()

    async def handle(event: Event[UserRegistered]) -> None:
        if event.subject == key:
            handled.append(event.data.display_name)
            if event.data.display_name == "poison":
                raise ValueError("poison")

    async def comes(name: str, times: int = 1) -> None:
        value = UserRegistered(user_id=key, display_name=name).SerializeToString()
        await asyncio.to_thread(send, kafka_settings, key, envelope(key), value)
        await until(lambda: handled.count(name) >= times, f"{name} to be handled")

    def part() -> Consumer:
        return Consumer(kafka_settings, "direct", [TOPIC], {UserRegistered: handle}, DirectEffects())

    async with running(part()):
        await comes("poison", consuming.ATTEMPTS)
        await comes("next")
    async with running(part()):
        await comes("later")
    assert handled.count("poison") == consuming.ATTEMPTS, "the offset had not moved on"
    assert not isinstance(DirectEffects(), DeadLetters)
    assert await PostgresEffects(database).events("direct", key) == []


def counted(metrics: InMemoryMetricReader, name: str) -> dict[object, int | float]:
    """A counter's values by type of event."""
    return {(point.attributes or {})["type"]: point.value for point in points(metrics, name)}


async def test_an_event_of_an_unknown_type_is_skipped_and_counted(
    kafka_settings: Any, database: Database, effects: Effects, metrics: InMemoryMetricReader
) -> None:
    key = ids.new("usr")
    unknown = f"shopmesh.tests.v1.Unknown_{key}"
    await asyncio.to_thread(send, kafka_settings, key, envelope(key, ce_type=unknown))
    good = UserRegistered(user_id=key, display_name="good").SerializeToString()
    await asyncio.to_thread(send, kafka_settings, key, envelope(key), good)
    part = consumer(kafka_settings, database, "unknown", recorder(effects, "unknown"))
    async with running(part):
        await until(lambda: has(effects, f"unknown:{key}:good"))
    assert counted(metrics, "shopmesh_events_skipped")[unknown] == 1
    assert await PostgresEffects(database).events("unknown", key) == []


async def test_a_consumer_of_a_topic_that_is_missing_says_so(kafka_settings: Any) -> None:
    part = Consumer(kafka_settings, "topicless", ["no-such-events"], {}, DirectEffects())
    async with running(part):
        await until(lambda: "no-such-events" in part.trouble)


async def test_a_consumer_without_a_broker_says_so() -> None:
    settings: Any = SimpleNamespace(prefix="", kafka_client={"bootstrap.servers": "127.0.0.1:1"})
    part = Consumer(settings, "away", [TOPIC], {}, DirectEffects())
    async with running(part):
        await until(lambda: "Kafka" in part.trouble)


async def test_what_was_handled_is_committed_and_no_commit_is_waited_for(
    kafka_settings: Any, database: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a wait has no limit, says librdkafka."""
    key, group, waited = ids.new("usr"), f"committed-{ids.new_uuid().hex[:8]}", set[bool]()
    behind = dict[int, int]()

    class Committing(KafkaConsumer):
        def commit(self, **how: Any) -> Any:
            waited.add(not how["asynchronous"])
            behind.update({place.partition: place.offset for place in how["offsets"]})
            return super().commit(**how)

    monkeypatch.setattr(consuming, "KafkaConsumer", Committing)
    value = UserRegistered(user_id=key, display_name="n").SerializeToString()
    await asyncio.to_thread(send, kafka_settings, key, envelope(key), value)
    async with running(consumer(kafka_settings, database, group, recorder(effects, group))):
        await until(lambda: has(effects, f"{group}:{key}:n"))

        async def kept() -> bool:
            return bool(behind) and await asyncio.to_thread(committed, kafka_settings, group, behind) == behind

        await until(kept, "the broker to know them")
    assert waited == {False}


def committed(settings: Any, group: str, partitions: Iterable[int]) -> dict[int, int]:
    """What the group has committed of these partitions."""
    client = KafkaConsumer(settings.kafka_client | {"group.id": settings.prefix + group})
    try:
        places = [TopicPartition(settings.prefix + TOPIC, number) for number in partitions]
        return {place.partition: place.offset for place in client.committed(places)}
    finally:
        client.close()


async def test_a_client_that_hears_nothing_gives_way_to_a_new_one(
    kafka_settings: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handle(_: Event[UserRegistered]) -> None: ...

    clients = first_hears_nothing(monkeypatch)
    part = consumer(kafka_settings, database, "unheard", handle)
    async with running(part):
        await until(lambda: len(clients) > 1, "a new client")
        await until(lambda: part.trouble == "", "the consumer to be well")
