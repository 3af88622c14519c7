"""Topics, read by nobody's group: assigned, never subscribed, and without a committed offset."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # they are part of its face
    AdminClient,
    ConfigResource,
    ResourceType,
)

from ops.audit.settings import AuditSettings

BATCH = 5000
WAIT_S = 10.0
_FOREVER = timedelta(days=36500)
_CLOCKS_APART = timedelta(minutes=5)


class Topics:
    """The installation's topics, by names without its prefix. Needs Read, Describe and DescribeConfigs on them."""

    def __init__(self, settings: AuditSettings) -> None:
        self._prefix = settings.prefix
        self._client: dict[str, Any] = settings.kafka_client | {"log_level": 0}

    async def __aenter__(self) -> Self:
        self._admin = AdminClient(self._client)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._admin.poll(0)

    async def kept(self, topic: str) -> timedelta | None:
        """How long the broker keeps a message at least; None where there is no such topic."""
        resource = ConfigResource(ResourceType.TOPIC, self._prefix + topic)
        (asked,) = self._admin.describe_configs([resource], request_timeout=WAIT_S).values()
        try:
            configuration = await asyncio.to_thread(asked.result, WAIT_S)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise
        milliseconds = int(configuration["retention.ms"].value)
        return timedelta(milliseconds=milliseconds) if milliseconds >= 0 else _FOREVER

    async def event_ids(self, topic: str, since: datetime | None) -> AsyncIterator[list[str]]:
        """The ids of all committed events, from `since` on, up to where the topic ends now."""
        consumer = Consumer(
            self._client
            | {
                "group.id": f"{self._prefix}audit",  # never joined: the client wants a name
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": 16384,
            }
        )
        try:
            open_ = await asyncio.to_thread(self._assign, consumer, self._prefix + topic, since)
            while open_:
                messages = await asyncio.to_thread(_take, consumer)
                if not messages:
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic} answers nothing in {WAIT_S:g} s"))
                open_ -= {message.partition() for message in messages if _ends(message)}
                yield [found for message in messages if (found := _event_id(message))]
        finally:
            await asyncio.to_thread(consumer.close)

    def _assign(self, consumer: Consumer, name: str, since: datetime | None) -> set[int | None]:
        """Begins to read, and answers the partitions whose end is to come."""
        partitions = consumer.list_topics(name, WAIT_S).topics[name].partitions
        if since is None:
            places = [TopicPartition(name, number, OFFSET_BEGINNING) for number in partitions]
        else:
            moment = int((since - _CLOCKS_APART).timestamp() * 1000)
            wanted = [TopicPartition(name, number, moment) for number in partitions]
            places = consumer.offsets_for_times(wanted, timeout=WAIT_S)
        consumer.assign(places)
        return set(partitions)


def _take(consumer: Consumer) -> list[Message]:
    """Waits for one message and takes what lies behind it: a batch call alone would wait until it is full."""
    first = consumer.poll(WAIT_S)
    return [first, *consumer.consume(BATCH, 0)] if first is not None else []


def _ends(message: Message) -> bool:
    """Whether this says that the partition ends here; raises what else it may say."""
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(error)
    return error is not None


def _event_id(message: Message) -> str:
    if message.error() is not None:
        return ""
    headers: Any = message.headers() or []
    return next((value.decode() for name, value in headers if name == "ce_id" and value), "")
