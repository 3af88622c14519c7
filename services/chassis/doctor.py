"""``doctor``: does each server that a service is told of answer, is it new enough, and does it allow what is needed.

Each look does what the service itself will do, under names of its own, and leaves nothing behind.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings

OK, WARN, FAIL = "ok", "WARN", "FAIL"
OLDEST_POSTGRES = 15
ANSWER_SECONDS = 15.0
PAUSE_SECONDS = 1.0

Look = Callable[[], Awaitable[str]]
"""Answers in one line what was found. Unusable, Doubtful."""


class Unusable(Exception):
    """The server cannot be used as it is; the text says what to do."""


class Doubtful(Exception):
    """It works, but its owner should know something."""


def looks(settings: ChassisSettings) -> dict[str, Look]:
    """What every service asks of the servers that its settings name; a service adds its own."""
    found: dict[str, Look] = {}
    if isinstance(settings, PostgresSettings):
        found["postgres"] = lambda: postgres(settings.database_url.get_secret_value())
    if isinstance(settings, KafkaSettings):
        found["kafka"] = lambda: asyncio.to_thread(kafka, settings, settings.prefix)
    return found


async def examine(looks: Mapping[str, Look], wait_seconds: float = 0.0) -> dict[str, tuple[str, str]]:
    """By server: OK, WARN or FAIL, and what was found. A server that fails is asked again for so long."""
    until = time.monotonic() + wait_seconds
    return {name: await _asked(look, until) for name, look in looks.items()}


async def _asked(look: Look, until: float) -> tuple[str, str]:
    while True:
        verdict, text = await _ask(look)
        if verdict != FAIL or time.monotonic() >= until:
            return verdict, text
        await asyncio.sleep(PAUSE_SECONDS)


async def _ask(look: Look) -> tuple[str, str]:
    try:
        return OK, await look()
    except Doubtful as doubt:
        return WARN, one_line(doubt)
    except Unusable as refusal:
        return FAIL, one_line(refusal)


def one_line(error: Exception) -> str:
    """Its text, for a table."""
    return " ".join(str(error).split())


async def postgres(address: str) -> str:
    """The service's own database, in which its role makes tables."""
    try:
        async with await psycopg.AsyncConnection.connect(address, connect_timeout=5) as connection:
            rights = "select has_schema_privilege(current_user, 'public', 'create')"
            allowed = await (await connection.execute(rights)).fetchone()
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise Unusable(f"{error}: check SHOPMESH_DATABASE_URL and the server's access rules") from error
    if version < OLDEST_POSTGRES:
        raise Unusable(f"version {version} is too old: use PostgreSQL >= {OLDEST_POSTGRES}")
    if allowed != (True,):
        raise Unusable("the role may not make tables: it must own the database, or have CREATE on its schema public")
    return f"version {version}, may make tables"


async def postgres_copy(address: str) -> str:
    """A read-only copy of it, which may lag: it answers."""
    try:
        async with await psycopg.AsyncConnection.connect(address, connect_timeout=5) as connection:
            return f"version {connection.info.server_version // 10000}, answers"
    except psycopg.Error as error:
        raise Unusable(f"{error}: check SHOPMESH_DATABASE_READ_URL") from error


def kafka(settings: KafkaSettings, prefix: str) -> str:
    """Makes a topic, writes to it in a transaction, reads it as a group, removes it. Blocks: call it in a thread."""
    said: list[KafkaError] = []
    client = settings.kafka_client | {"log_level": 0, "error_cb": said.append}
    admin = AdminClient(client)
    try:
        return _use_kafka(admin, client, f"{prefix}doctor-{secrets.token_hex(4)}", settings.kafka_replication_factor)
    except KafkaException as error:
        admin.poll(0)  # why a connection failed is told to the callback alone
        (first, *_) = (*said, error.args[0])
        why = first.str() if isinstance(first, KafkaError) else str(first)
        under = f" that begin with {prefix}" if prefix else ""
        rights = f"it takes rights on topics, groups and transactional ids{under}"
        raise Unusable(f"{why.rstrip('.')}: {'check SHOPMESH_KAFKA_*' if said else rights}") from error


def _use_kafka(admin: AdminClient, client: dict[str, Any], name: str, replicas: int) -> str:
    brokers = len(admin.list_topics(timeout=5).brokers)
    admin.create_topics([NewTopic(name, 1, replicas)])[name].result(10)
    try:
        _write_in_transaction(client, name)
        _read_by_group(client, name)
    finally:
        admin.delete_topics([name])[name].result(10)
    return f"{brokers} broker(s); topics, transactions and groups work"


def _write_in_transaction(client: dict[str, Any], name: str) -> None:
    own = {"transactional.id": name, "message.timeout.ms": 10000, "transaction.timeout.ms": 15000}
    producer = Producer(client | own)
    producer.init_transactions(ANSWER_SECONDS)
    producer.begin_transaction()
    producer.produce(name, b"doctor")
    producer.commit_transaction(ANSWER_SECONDS)


def _read_by_group(client: dict[str, Any], name: str) -> None:
    own = {"group.id": name, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer(client | own | {"isolation.level": "read_committed"})
    consumer.subscribe([name])
    try:
        message = consumer.poll(ANSWER_SECONDS)
        if message is None:
            raise Unusable(f"a consumer group got no message in {ANSWER_SECONDS:.0f} s")
        if problem := message.error():
            raise KafkaException(problem)
    finally:
        consumer.close()
