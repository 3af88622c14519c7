"""A database with an outbox and a topic of the measurement's own, and a relay in a process of its own, as it is deployed."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, LiteralString

import psutil
import psycopg
from confluent_kafka.admin import AdminClient
from psycopg import sql
from pydantic import SecretStr

from deploy.local import addresses
from deploy.local.stack import Stack
from services.chassis.migrations import migrate_topics
from services.chassis.schema import LEASES_V1, OUTBOX_V1, STATE_V1

TOPIC = "bench-events"
PARTITIONS = 12
PARTS = {"postgres", "kafka"}


@dataclass(frozen=True)
class Place:
    """Where the outbox and the topic are."""

    database_url: str
    kafka: str
    prefix: str

    @property
    def settings(self) -> Any:
        """A relay's and a database's settings."""
        return SimpleNamespace(
            prefix=self.prefix,
            kafka_client={"bootstrap.servers": self.kafka},
            database_url=SecretStr(self.database_url),
            database_pool_size=8,
            database_pgbouncer=False,
        )

    def row(self, statement: LiteralString) -> tuple[Any, ...]:
        """The one row of a query."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(statement).fetchone()
        assert found is not None
        return found


@contextmanager
def place() -> Iterator[Place]:
    """In the test stack, which is left as it was found."""
    stack = Stack.for_tests()
    ran_before = bool(stack.running_parts())
    stack.up(only=PARTS)
    try:
        with _database(addresses.postgres(stack.installation)) as url:
            yield from _topic(Place(url, addresses.kafka(stack.installation), f"b{secrets.token_hex(3)}."))
    finally:
        if not ran_before:
            stack.down()


@contextmanager
def _database(admin: str) -> Iterator[str]:
    name = f"bench_{secrets.token_hex(4)}"
    url = admin.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for script in (STATE_V1, OUTBOX_V1, LEASES_V1):
                    connection.execute(script)
            yield url
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _topic(made: Place) -> Iterator[Place]:
    client: dict[str, Any] = {"bootstrap.servers": made.kafka}
    migrate_topics(client, made.prefix, 1, {TOPIC: {"partitions": PARTITIONS, "retention_days": 1}})
    try:
        yield made
    finally:
        admin = AdminClient(client)
        for deleted in admin.delete_topics([made.prefix + TOPIC]).values():
            deleted.result(10)


@contextmanager
def relay(made: Place) -> Iterator[psutil.Process]:
    """The process of a relay, while inside."""
    command = [sys.executable, "-m", "bench.relay", "serve", made.database_url, made.kafka, made.prefix]
    with subprocess.Popen(command) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
