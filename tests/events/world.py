"""One outbox, one topic, and what was handled of it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, Message, TopicPartition
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import ids
from services.chassis.consumer import Consumer, EventHandler
from services.chassis.database import Database, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event
from services.chassis.migrations import migrate_topics
from services.chassis.outbox import Outbox
from services.chassis.relay import Relay
from tests.chassis.conftest import TOPIC, postgres_settings

GROUP = "group"
PARTITIONS = 4
_LEFT = query("select count(*) as n from outbox where publish_time is null")
_WRITTEN = query(f"select count(*) as n from outbox where topic = '{TOPIC}'")
_EFFECT = query("insert into effects (name) values (%(name)s)")
_EFFECTS = query("select name from effects where name <> '' order by at")
_EXPIRE = query("update leases set expire_time = now() - interval '1 second'")


@dataclass
class World:
    """Names of events are `<key> <version>`, and so are those of their effects."""

    database: Database
    kafka: str
    prefix: str
    replication: int = 1

    def settings(self, **client: Any) -> Any:
        """A relay's and a consumer's, with librdkafka's own settings of a test."""
        whole = {"bootstrap.servers": self.kafka, "reconnect.backoff.ms": 200, "reconnect.backoff.max.ms": 1000}
        return SimpleNamespace(prefix=self.prefix, kafka_client=whole | client)

    def relay(self, **client: Any) -> Relay:
        return Relay(self.settings(**client), self.database, "events")

    def consumer(self, handle: EventHandler | None = None, **client: Any) -> Consumer:
        effects = PostgresEffects(self.database)
        return Consumer(self.settings(**client), GROUP, [TOPIC], {UserRegistered: handle or self.handle}, effects)

    async def handle(self, event: Event[UserRegistered]) -> None:
        """Notes that the event was handled."""
        async with self.database.transaction() as tx:
            await tx.execute(_EFFECT, name=event.data.display_name)

    async def add(self, key: str, *versions: int) -> None:
        """Puts events of a key into the outbox."""
        async with self.database.transaction() as tx:
            for version in versions:
                event = UserRegistered(user_id=key, display_name=f"{key} {version}")
                await Outbox("events").add(tx, event, topic=TOPIC, key=key, version=version)

    async def expire_lease(self) -> None:
        """Lets another relay take over."""
        async with self.database.reader() as tx:
            await tx.execute(_EXPIRE)

    async def left(self) -> int:
        """Events that wait in the outbox."""
        return await self._count(_LEFT)

    async def written(self) -> int:
        """Events that there are."""
        return await self._count(_WRITTEN)

    async def drained(self) -> bool:
        return await self.left() == 0

    async def handled(self) -> dict[str, list[int]]:
        """Versions by key, as often and in the order in which they were handled."""
        async with self.database.reader() as tx:
            rows = await tx.all(_EFFECTS)
        found: dict[str, list[int]] = defaultdict(list)
        for key, version in (row["name"].split() for row in rows):
            found[key].append(int(version))
        return dict(found)

    async def all_handled(self) -> bool:
        """Whether as many were handled as there are."""
        return await self.as_many_handled(await self.written())

    async def as_many_handled(self, count: int) -> bool:
        return sum(map(len, (await self.handled()).values())) >= count

    async def _count(self, statement: Any) -> int:
        async with self.database.reader() as tx:
            row = await tx.one(statement)
        assert row is not None
        return int(row["n"])

    async def in_topic(self, isolation: str = "read_committed") -> list[str]:
        """Names of the events in the topic, by partition, as a consumer of this isolation sees them to its end."""
        return await asyncio.to_thread(self._in_topic, isolation)

    def _in_topic(self, isolation: str) -> list[str]:
        own = {"group.id": f"{self.prefix}look", "isolation.level": isolation, "enable.partition.eof": True}
        consumer = KafkaConsumer({"bootstrap.servers": self.kafka, "enable.auto.commit": False} | own)
        consumer.assign([TopicPartition(self.prefix + TOPIC, number, 0) for number in range(PARTITIONS)])
        found: list[Message] = []
        ends: set[int | None] = set()
        try:
            while len(ends) < PARTITIONS:
                for message in consumer.consume(500, 1.0):
                    error = message.error()
                    if error is None:
                        found.append(message)
                    elif error.code() == KafkaError._PARTITION_EOF:
                        ends.add(message.partition())
        finally:
            consumer.close()
        found.sort(key=lambda message: (message.partition(), message.offset()))
        return [UserRegistered.FromString(bytes(message.value() or b"")).display_name for message in found]


@asynccontextmanager
async def world_on(kafka: str, database_url: str, prefix: str, replication: int = 1) -> AsyncIterator[World]:
    async with Database(postgres_settings(database_url)) as database:
        yield World(database, kafka, prefix, replication)


def topics_made(world: World) -> None:
    """Makes the topic, and the one of dead letters."""
    topics = {TOPIC: {"partitions": PARTITIONS, "retention_days": 1}}
    dead = {f"{TOPIC}.{GROUP}.dlq": {"partitions": 1, "retention_days": 1}}
    migrate_topics({"bootstrap.servers": world.kafka}, world.prefix, world.replication, topics | dead)


def some_keys(count: int) -> list[str]:
    return [ids.new("usr") for _ in range(count)]


def assert_once_and_in_order(handled: dict[str, list[int]], keys: Sequence[str], last: int) -> None:
    """Each key's versions, from the first to the last, once and in this order."""
    for key in keys:
        assert handled[key] == list(range(1, last + 1)), key


def inversions(names: Sequence[str]) -> list[str]:
    """Events that came for the first time behind a later one of their key; repeats are none."""
    latest: dict[str, int] = {}
    found, seen = [], set[str]()
    for name in names:
        key, version = name.split()[0], int(name.split()[1])
        if name not in seen and version < latest.get(key, 0):
            found.append(name)
        seen.add(name)
        latest[key] = max(version, latest.get(key, 0))
    return found
