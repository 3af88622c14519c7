"""Copies of parked events for people, on ``<topic>.<group>.dlq``."""

import asyncio
from functools import cached_property

from confluent_kafka import KafkaError, Message, Producer

from services.chassis.errors import Unavailable
from services.chassis.events import Record
from services.chassis.relay import RelaySettings

SEND_SECONDS = 10.0


class KafkaDeadLetterCopies:
    """Sends with an idempotent producer, which connects when the first copy is sent."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings

    async def send(self, group: str, record: Record, error: str) -> None:
        """Send a copy with error and origin; Unavailable where Kafka does not take it."""
        await asyncio.to_thread(self._send, group, record, error)

    @cached_property
    def _producer(self) -> Producer:
        timeout = {"delivery.timeout.ms": int(SEND_SECONDS * 1000)}
        return Producer(self._settings.kafka_client | {"enable.idempotence": True} | timeout)

    def _send(self, group: str, record: Record, error: str) -> None:
        failures: list[KafkaError] = []

        def delivered(problem: KafkaError | None, _: Message) -> None:
            if problem is not None:
                failures.append(problem)

        headers = dict(record.headers) | {"error": error, "origin": record.topic, "group": group}
        topic = f"{self._settings.prefix}{record.topic}.{group}.dlq"
        self._producer.produce(topic, record.payload, record.key, headers=list(headers.items()), on_delivery=delivered)
        if self._producer.flush(SEND_SECONDS) or failures:
            raise Unavailable(f"Kafka does not take the copy: {failures}")
