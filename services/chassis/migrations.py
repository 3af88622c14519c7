"""``migrate``: the schema and the topics of a service. Safe to run twice, at the same time, and under a newer schema."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
import yaml
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)
from sqlalchemy import Connection, create_engine, text

from services.chassis.revisions import row

log = structlog.get_logger()
_LOCK = 7_226_017  # any number, the same for all who migrate
LOCK_PAUSE_SECONDS = 0.2
DEAD_LETTER_TOPIC = {"partitions": 1, "retention_days": 30}
ADMIN_SECONDS = 15.0


def migrate_database(url: str, folder: Path) -> None:
    """Brings the schema to the newest revision of ``folder``; a revision that this release does not know is left alone."""
    config = _configuration(folder)
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, connect_args={"prepare_threshold": None})  # a PgBouncer may be between
    with engine.connect() as lock:
        _hold(lock)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            *older, newest = row(folder)
            current = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            if current is None or current in older:
                command.upgrade(config, "head")
                connection.commit()
            elif current != newest:
                log.info("schema_newer", revision=current)
    engine.dispose()


def _hold(connection: Connection) -> None:
    """Takes the lock for as long as this transaction lasts, which a PgBouncer keeps on one connection of the server.

    It asks again and again: whoever waits inside a statement keeps an index that is made concurrently from its end. So
    would one that has a parameter, whose snapshot lasts.
    """
    while not connection.scalar(text(f"select pg_try_advisory_xact_lock({_LOCK})")):
        connection.rollback()
        time.sleep(LOCK_PAUSE_SECONDS)
    # A server may end sessions that idle in a transaction, which this one does for as long as a migration takes.
    connection.execute(text("set local idle_in_transaction_session_timeout = 0"))


def _configuration(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "os")
    return config


def migrate_topics(client: dict[str, Any], prefix: str, replication: int, topics: dict[str, dict[str, int]]) -> None:
    """Creates the topics that are missing and sets the retention of all. Partitions never change: keys would move."""
    if not topics:
        return
    admin = AdminClient(client)
    new = [
        NewTopic(prefix + name, num_partitions=topic["partitions"], replication_factor=replication)
        for name, topic in topics.items()
    ]
    for name, created in admin.create_topics(new, request_timeout=ADMIN_SECONDS).items():
        _ignore_existing(name, created)
    resources = [
        ConfigResource(ResourceType.TOPIC, prefix + name, incremental_configs=_retention(topic["retention_days"]))
        for name, topic in topics.items()
    ]
    for altered in admin.incremental_alter_configs(resources, request_timeout=ADMIN_SECONDS).values():
        altered.result()


def _retention(days: int) -> list[ConfigEntry]:
    """An event is gone after ``days``: Kafka deletes whole segments, when the newest event in them is old enough."""
    whole = days * 24 * 3600 * 1000
    segment = whole // 30
    values = {"retention.ms": whole - segment, "segment.ms": segment}
    set_ = AlterConfigOpType.SET
    return [ConfigEntry(name, str(value), incremental_operation=set_) for name, value in values.items()]


def _ignore_existing(name: str, created: Any) -> None:
    try:
        created.result()
        log.info("topic_created", topic=name)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def declared_topics(service_folder: Path, dead_letters: Iterable[str]) -> dict[str, dict[str, int]]:
    """The topics that a service produces, by its topics.yaml, and the dead-letter topics of its consumers."""
    file = service_folder / "topics.yaml"
    topics: dict[str, dict[str, int]] = yaml.safe_load(file.read_text())["topics"] if file.exists() else {}
    return topics | dict.fromkeys(dead_letters, DEAD_LETTER_TOPIC)
