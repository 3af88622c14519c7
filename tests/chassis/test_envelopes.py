"""What stands around an event on the wire, and around the copy of one that nobody could handle."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, Message, TopicPartition
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids, telemetry
from services.chassis.database import Database
from services.chassis.events import Event
from services.chassis.relay import Relay
from tests.chassis.conftest import TOPIC, postgres_settings
from tests.chassis.messaging import consumer, publish
from tests.parts import running
from tests.waiting import eventually

pytestmark = pytest.mark.stack
MIGRATIONS = Path(__file__).parent / "migrations"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
IN_TOKYO = "do $$ begin execute format('alter database %I set timezone to ''Asia/Tokyo''', current_database()); end $$"
RESTORED = "update chassis_state set incarnation = 2"


@pytest.fixture
async def own_database(new_database: Callable[[Path | None], str]) -> AsyncIterator[Database]:
    """A database that was restored once, and whose clock shows another time than UTC."""
    url = new_database(MIGRATIONS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(IN_TOKYO)
        connection.execute(RESTORED)
    async with Database(postgres_settings(url)) as opened:
        yield opened


async def publish_in_a_trace(database: Database, key: str, version: int) -> UUID:
    with telemetry.span("publish", parent=TRACEPARENT):
        return await publish(database, key, version, "n")


async def arrived(settings: Any, topic: str, key: str) -> Message:
    """The only record of the key, once the topic has it."""

    async def look() -> list[Message]:
        return await asyncio.to_thread(_records, settings, settings.prefix + topic, key)

    (record,) = await eventually(look, f"a record of {key} in {topic}")
    return record


def _records(settings: Any, topic: str, key: str) -> list[Message]:
    own = {"group.id": f"{settings.prefix}look", "enable.auto.commit": False, "enable.partition.eof": True}
    reader = KafkaConsumer(settings.kafka_client | own)
    try:
        left = set(reader.list_topics(topic, timeout=10).topics[topic].partitions)
        reader.assign([TopicPartition(topic, number, 0) for number in left])
        found: list[Message] = []
        while left:
            for message in reader.consume(500, 1.0):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
        return [message for message in found if message.key() == key.encode()]
    finally:
        reader.close()


def headers(message: Message) -> dict[str, str]:
    pairs = cast(list[tuple[str, bytes]], message.headers() or [])
    return {name: value.decode() for name, value in pairs}


async def test_an_event_comes_in_the_envelope_of_its_outbox_row(kafka_settings: Any, own_database: Database) -> None:
    key = ids.new("usr")
    event_id = await publish_in_a_trace(own_database, key, 7)
    async with running(Relay(kafka_settings, own_database, "t-envelope")):
        message = await arrived(kafka_settings, TOPIC, key)
    given = headers(message)
    time = datetime.fromisoformat(given.pop("ce_time"))
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    assert given == {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_type": "shopmesh.auth.v1.UserRegistered",
        "ce_source": "chassis",
        "ce_subject": key,
        "ce_sequence": "000002.000000000007",
        "traceparent": TRACEPARENT,
    }
    assert UserRegistered.FromString(bytes(message.value() or b"")) == UserRegistered(user_id=key, display_name="n")


async def test_the_copy_of_a_parked_event_for_people_carries_error_trace_and_origin(
    kafka_settings: Any, own_database: Database
) -> None:
    key = ids.new("usr")

    async def fail(event: Event[UserRegistered]) -> None:
        if event.subject == key:
            raise ValueError("poison")

    part = consumer(kafka_settings, own_database, "copies", fail)
    await publish_in_a_trace(own_database, key, 1)
    async with running(Relay(kafka_settings, own_database, "t-copies"), part):
        event = await arrived(kafka_settings, TOPIC, key)
        copy = await arrived(kafka_settings, f"{TOPIC}.copies.dlq", key)
    more = {"error": "ValueError('poison')", "origin": TOPIC, "group": "copies"}
    assert headers(copy) == headers(event) | more
    assert headers(copy)["traceparent"] == TRACEPARENT
    assert copy.value() == event.value()
