"""The commands that people use on parked events and tasks."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import cli, ids
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import PostgresEffects
from services.chassis.events import Event, Record
from services.chassis.preparing import migrate_command
from services.chassis.service import Service
from services.chassis.tasks import Task, Tasks
from services.chassis.worker import Worker
from tests.chassis.conftest import TOPIC, postgres_settings

pytestmark = pytest.mark.stack
GROUP = "commands"


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    return new_database(Path(__file__).parent / "migrations")


async def handle(event: Event[UserRegistered]) -> None:
    if event.data.display_name == "poison":
        raise ValueError("still poison")


async def do_nothing(_: Task) -> None: ...


async def no_keys() -> str:
    return '{"keys": []}'


def assemble(settings: Any) -> Service:
    database = Database(settings)
    consumer = Consumer(settings, GROUP, [TOPIC], {UserRegistered: handle}, PostgresEffects(database))
    worker = Worker(database, {"later": do_nothing})
    return Service(public=[], fetch_keys=no_keys, resources=[database], consumers=[consumer], worker=worker)


def command(url: str, make: Callable[..., click.Group], *words: str) -> Result:
    return CliRunner().invoke(make(lambda: postgres_settings(url), assemble), words)


def park(url: str, key: str, *names: str) -> None:
    """Parks an event of each name."""

    async def work() -> None:
        async with Database(postgres_settings(url)) as database:
            for name in names:
                envelope = {
                    "ce_id": str(ids.new_uuid()),
                    "ce_type": UserRegistered.DESCRIPTOR.full_name,
                    "ce_time": "2026-11-21T12:00:00+00:00",
                    "ce_sequence": "000001.000000000001",
                }
                record = Record(TOPIC, key, envelope, UserRegistered(display_name=name).SerializeToString())
                await PostgresEffects(database).park(GROUP, record, "failed")

    asyncio.run(work())


def test_parked_events_are_listed_shown_and_replayed(database_url: str) -> None:
    park(database_url, "usr_1", "a", "b")
    listed = json.loads(command(database_url, cli._dlq_commands, "list").output)
    assert (listed["consumer_group"], listed["key"], listed["events"]) == (GROUP, "usr_1", 2)
    shown = command(database_url, cli._dlq_commands, "show", GROUP, "usr_1").output.splitlines()
    assert [json.loads(line)["position"] for line in shown] == [1, 2]
    replayed = command(database_url, cli._dlq_commands, "replay", GROUP, "usr_1")
    assert replayed.output == "replayed 2 events of usr_1\n"
    assert command(database_url, cli._dlq_commands, "list").output == ""


def test_a_replay_stops_at_the_first_event_that_fails_and_says_why(database_url: str) -> None:
    park(database_url, "usr_1", "a", "poison", "b")
    replayed = command(database_url, cli._dlq_commands, "replay", GROUP, "usr_1")
    assert replayed.exit_code == 1
    assert "replayed 1 events of usr_1" in replayed.output
    assert "still poison" in replayed.output
    assert json.loads(command(database_url, cli._dlq_commands, "list").output)["events"] == 2


def test_a_group_that_is_not_known_is_refused_with_those_that_are(database_url: str) -> None:
    refused = command(database_url, cli._dlq_commands, "show", "nobody", "usr_1")
    assert refused.exit_code == 2
    assert GROUP in refused.output


def test_tasks_are_listed_and_made_due(database_url: str) -> None:
    async def add() -> None:
        async with Database(postgres_settings(database_url)) as database, database.transaction() as tx:
            await Tasks().add(tx, "later", "k", {"n": 1})

    asyncio.run(add())
    listed = json.loads(command(database_url, cli._tasks_commands, "list", "--kind", "lat%").output)
    assert (listed["kind"], listed["key"], listed["payload"]) == ("later", "k", {"n": 1})
    assert command(database_url, cli._tasks_commands, "retry", "later", "%").output == "1 tasks are due now\n"


def test_migrate_says_in_a_line_why_it_will_not(database_url: str) -> None:
    async def refuse() -> None:
        raise ConnectionError("this database was restored")

    def refusing(settings: Any) -> Service:
        return replace(assemble(settings), ready={"topics": refuse})

    folder = Path(__file__).parent
    refused = CliRunner().invoke(migrate_command(lambda: postgres_settings(database_url), refusing, folder))
    assert (refused.exit_code, refused.output) == (1, "Error: this database was restored\n")
