"""The command line of every service: serve, doctor, migrate, restored, dlq, tasks, and what the service adds."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from services.chassis import logs, restoring, statuses, tasks, telemetry
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import DeadLetters
from services.chassis.preparing import doctor_command, migrate_command
from services.chassis.restoring import Restored
from services.chassis.service import PARTS, Service, serve
from services.chassis.settings import TOPIC_PREFIX, ChassisSettings, PostgresSettings, load

S = TypeVar("S", bound=ChassisSettings)
Assemble = Callable[[S], Service]


def run(
    name: str,
    settings_type: type[S],
    assemble: Assemble[S],
    folder: Path,
    commands: Sequence[click.Command] = (),
    restored: Restored | None = None,
) -> None:
    """Runs the command line of the service ``name``, whose files lie in ``folder``.

    ``restored`` is what the service itself does to a database that came out of a backup.
    """

    @click.group(help=f"The {name} service of Shopmesh. Settings come from the environment: see .env.example.")
    def group() -> None: ...

    def begin() -> S:
        settings = load(settings_type)
        logs.set_up(name, settings.log_level)
        statuses.set_domain(name)
        telemetry.set_up(name, settings)
        return settings

    made = [
        _serve_command(begin, assemble),
        doctor_command(begin, assemble, folder),
        migrate_command(begin, assemble, folder),
        _dlq_commands(begin, assemble),
        _tasks_commands(begin, assemble),
    ]
    if issubclass(settings_type, PostgresSettings):
        made.append(_restored_command(folder, restored))
    for command in [*made, *commands]:
        group.add_command(command)
    group(prog_name=f"python -m services.{name}")


def _serve_command(begin: Callable[[], S], assemble: Assemble[S]) -> click.Command:
    @click.command("serve", help="Runs the service until SIGTERM.")
    @click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part; repeatable.")
    def command(parts: tuple[str, ...]) -> None:
        settings = begin()

        async def main() -> bool:
            return await serve(assemble(settings), settings, parts or PARTS)

        was_told = uvloop.run(main())
        telemetry.shut_down()
        if not was_told:
            raise click.ClickException("a part ended by itself")

    return command


class _Address(PostgresSettings):
    """All that is asked for: the service's other settings may be elsewhere, and its database must not yet be served."""

    model_config = ChassisSettings.model_config


def _new_prefix(_: click.Context, __: click.Parameter, prefix: str) -> str:
    if not prefix or not re.fullmatch(TOPIC_PREFIX, prefix):
        raise click.BadParameter(
            "must be letters, digits, dots, dashes and underscores: the old one with something added"
        )
    return prefix


def _restored_command(folder: Path, own: Restored | None) -> click.Command:
    @click.command("restored")
    @click.option("--incarnation", type=int, required=True, help="Higher than any that the installation has had.")
    @click.option(
        "--prefix",
        required=True,
        callback=_new_prefix,
        help="Of the new topics, which nobody has read; the service will refuse to go on with others.",
    )
    def command(incarnation: int, prefix: str) -> None:
        """Make a database out of a backup fit to go on; `python -m ops.restore` calls it.

        Brings the schema up to date, raises the incarnation, has events published again, and does what the service
        itself must: all or nothing. Reads SHOPMESH_DATABASE_URL alone; prints counts as JSON.
        """
        from services.chassis.migrations import migrate_database  # with Alembic, which a start does without

        settings = _Address()
        migrate_database(settings.database_url.get_secret_value(), folder / "migrations")

        async def work() -> dict[str, int]:
            async with Database(settings) as database:
                return await restoring.make_good(database, incarnation, prefix, own)

        try:
            click.echo(json.dumps(uvloop.run(work())))
        except restoring.SameIncarnation as error:
            raise click.ClickException(str(error)) from error

    return command


def with_service(service: Service, work: Callable[[], Awaitable[Any]]) -> Any:
    """Runs ``work`` with the service's resources open; for commands."""

    async def main() -> Any:
        async with AsyncExitStack() as stack:
            for resource in service.resources:
                await stack.enter_async_context(resource)
            return await work()

    return uvloop.run(main())


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        click.echo(json.dumps({k: v for k, v in row.items() if k != "payload" or isinstance(v, dict)}, default=str))


def _dlq_commands(begin: Callable[[], S], assemble: Assemble[S]) -> click.Group:
    @click.group("dlq", help="Parked events: what a handler could not handle, and what waits behind it.")
    def group() -> None: ...

    @group.command("list", help="Parked keys, one JSON object a line.")
    def list_() -> None:
        service = assemble(begin())

        async def work() -> list[dict[str, Any]]:
            stores = {id(letters): letters for _, letters in _parking(service).values()}
            return [row for letters in stores.values() for row in await letters.keys()]

        _print(with_service(service, work))

    @group.command(help="The parked events of one key.")
    @click.argument("consumer_group")
    @click.argument("key")
    def show(consumer_group: str, key: str) -> None:
        service = assemble(begin())
        _, letters = _known(_parking(service), consumer_group)
        _print(with_service(service, lambda: letters.events(consumer_group, key)))

    @group.command(help="Runs the parked events of a key again, in order; stops at the first that fails.")
    @click.argument("consumer_group")
    @click.argument("key")
    def replay(consumer_group: str, key: str) -> None:
        service = assemble(begin())
        consumer, letters = _known(_parking(service), consumer_group)

        count, problem = with_service(service, lambda: _replay(letters, consumer, key))
        click.echo(f"replayed {count} events of {key}")
        if problem is not None:
            raise click.ClickException(f"the next one fails again: {problem!r}")

    return group


async def _replay(letters: DeadLetters, consumer: Consumer, key: str) -> tuple[int, Exception | None]:
    """How many events were handled, and what the first that could not be handled failed with."""
    count = 0
    try:
        while await letters.replay_first(consumer.group, key, consumer.dispatch):
            count += 1
    except Exception as problem:  # whatever it was, a person asked and wants to read it
        return count, problem
    return count, None


def _parking(service: Service) -> dict[str, tuple[Consumer, DeadLetters]]:
    return {c.group: (c, c.effects) for c in service.consumers if isinstance(c.effects, DeadLetters)}


def _known(stores: dict[str, tuple[Consumer, DeadLetters]], consumer_group: str) -> tuple[Consumer, DeadLetters]:
    if consumer_group not in stores:
        raise click.UsageError(f"unknown group {consumer_group}; known: {', '.join(sorted(stores)) or 'none'}")
    return stores[consumer_group]


def _tasks_commands(begin: Callable[[], S], assemble: Assemble[S]) -> click.Group:
    @click.group("tasks", help="Steps that wait or run.")
    def group() -> None: ...

    @group.command("list", help="Tasks, the earliest due first, one JSON object a line.")
    @click.option("--kind", default="%", help="Only this kind; % stands for any letters.")
    @click.option("--count", default=100, help="At most so many.")
    def list_(kind: str, count: int) -> None:
        service = assemble(begin())
        worker = service.worker
        if worker is not None:
            _print(with_service(service, lambda: tasks.waiting(worker.database, kind, count)))

    @group.command(help="Makes tasks due now; % in KEY stands for any letters.")
    @click.argument("kind")
    @click.argument("key")
    def retry(kind: str, key: str) -> None:
        service = assemble(begin())
        worker = service.worker
        if worker is not None:
            count = with_service(service, lambda: tasks.retry(worker.database, kind, key))
            click.echo(f"{count} tasks are due now")

    return group
