"""The commands that come before a service is served: ``doctor`` asks its servers, ``migrate`` readies schema and topics.

What only they need is imported when they are called: it would take longer than the rest of a service's start.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg
from confluent_kafka import KafkaException
from sqlalchemy.exc import DBAPIError

from services.chassis import doctor
from services.chassis.consumer import Consumer
from services.chassis.doctor import Finding, Look
from services.chassis.effects import DeadLetters
from services.chassis.service import Service
from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings
from services.chassis.threads import in_thread

S = TypeVar("S", bound=ChassisSettings)
Begin = Callable[[], S]
Assemble = Callable[[S], Service]
WAIT_SECONDS = 300.0
_wait = click.option("--wait", is_flag=True, help="Wait for servers that do not answer yet.")
_without = click.option("--without", multiple=True, help="A server that is not asked, as it is started later.")
_wait_seconds = click.option("--wait-seconds", default=WAIT_SECONDS, show_default=True, help="Longest such wait.")


def doctor_command(begin: Begin[S], assemble: Assemble[S], folder: Path) -> click.Command:
    """``doctor`` of the service whose files lie in ``folder``."""

    @click.command("doctor")
    @_wait
    @_wait_seconds
    @_without
    @click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
    def command(wait: bool, wait_seconds: float, without: tuple[str, ...], as_json: bool) -> None:
        """Look whether the servers that the settings name answer, are new enough, and allow what is needed.

        Asks each in the way in which the service will use it, and changes nothing. Ends with 1 where one will not do.
        """
        found = asyncio.run(_examined(begin(), assemble, folder, wait_seconds if wait else 0.0, without))
        if as_json:
            click.echo(json.dumps({"well": not _failed(found), "findings": [asdict(each) for each in found]}))
        else:
            _tell(found)
        if _failed(found):
            raise SystemExit(1)

    return command


def migrate_command(begin: Begin[S], assemble: Assemble[S], folder: Path) -> click.Command:
    """``migrate`` of the service whose files lie in ``folder``."""

    @click.command("migrate")
    @click.option(
        "--doctor", "ask", is_flag=True, help="Ask every server first; where one will not do, change nothing."
    )
    @_wait
    @_wait_seconds
    @_without
    def command(ask: bool, wait: bool, wait_seconds: float, without: tuple[str, ...]) -> None:
        """Bring schema and topics up to date; safe to repeat, and under a schema that is newer."""
        if wait and not ask:
            raise click.UsageError("--wait goes with --doctor")
        settings = begin()
        if ask:
            found = asyncio.run(_examined(settings, assemble, folder, wait_seconds if wait else 0.0, without))
            _tell(found)
            if _failed(found):
                raise click.ClickException("nothing was migrated")
        try:
            _migrate(settings, assemble, folder)
        except DBAPIError as error:  # SQLAlchemy's own text would quote the whole migration
            raise click.ClickException(f"PostgreSQL: {doctor.one_line(error.orig or error)}") from error
        except (ConnectionError, psycopg.Error, KafkaException) as error:
            raise click.ClickException(doctor.one_line(error)) from error
        click.echo("schema and topics are up to date")

    return command


async def _examined(
    settings: S, assemble: Assemble[S], folder: Path, wait_seconds: float, without: Sequence[str]
) -> list[Finding]:
    try:
        service = assemble(settings)
    except ValueError as error:  # an address that no client takes
        raise click.ClickException(f"wrong settings: {doctor.one_line(error)}") from error
    say = partial(click.echo, err=True)
    waiting = (lambda text: say(f"waiting for {text}")) if wait_seconds else (lambda _: None)
    looks = {name: look for name, look in _looks(settings, service, folder).items() if name not in without}
    return await doctor.examine(looks, wait_seconds, waiting)


def _looks(settings: ChassisSettings, service: Service, folder: Path) -> Mapping[str, Look]:
    """What every service asks of the servers that its settings name, and what this one asks of others."""
    from services.chassis import look_kafka, look_postgres, look_tls

    found: dict[str, Look] = {}
    if isinstance(settings, PostgresSettings):
        address, pgbouncer = settings.database_url.get_secret_value(), settings.database_pgbouncer
        found["postgres"] = partial(look_postgres.postgres, address, pgbouncer, settings.prefix)
    if isinstance(settings, KafkaSettings):
        use = look_kafka.Use(**_use(service, folder))
        found["kafka"] = partial(in_thread, look_kafka.kafka, settings, settings.prefix, use)
    found["tls"] = partial(look_tls.tls, settings, folder.name)
    return {**found, **service.looks}


def _use(service: Service, folder: Path) -> dict[str, Any]:
    from services.chassis.migrations import declared_topics

    return {
        "made": tuple(declared_topics(folder, _dead_letter_topics(service.consumers))),
        "read": tuple(dict.fromkeys(topic for consumer in service.consumers for topic in consumer.topics)),
        "groups": tuple(consumer.group for consumer in service.consumers),
        "transactional_id": service.relay.name if service.relay else "",
    }


def _tell(found: Sequence[Finding]) -> None:
    for each in found:
        click.echo(f"{each.verdict:5} {each.server:13} {each.text}")


def _failed(found: Sequence[Finding]) -> bool:
    return any(each.verdict == doctor.FAIL for each in found)


def _migrate(settings: S, assemble: Assemble[S], folder: Path) -> None:
    from services.chassis.migrations import declared_topics, migrate_database, migrate_topics

    url = getattr(settings, "database_url", None)
    if url is not None:
        migrate_database(url.get_secret_value(), folder / "migrations")
    topics = declared_topics(folder, asyncio.run(_checked(settings, assemble)))
    if topics:
        client: dict[str, Any] = settings.kafka_client  # type: ignore[attr-defined]
        replication: int = settings.kafka_replication_factor  # type: ignore[attr-defined]
        migrate_topics(client, settings.prefix, replication, topics)


async def _checked(settings: S, assemble: Assemble[S]) -> list[str]:
    """Asks the service's own store whether it will do, then the service for its dead-letter topics."""
    service = assemble(settings)
    async with AsyncExitStack() as stack:
        for resource in service.resources:
            await stack.enter_async_context(resource)
        for check in service.ready.values():
            await check()
    return _dead_letter_topics(service.consumers)


def _dead_letter_topics(consumers: Sequence[Consumer]) -> list[str]:
    parking = [consumer for consumer in consumers if isinstance(consumer.effects, DeadLetters)]
    return [f"{topic}.{consumer.group}.dlq" for consumer in parking for topic in consumer.topics]
