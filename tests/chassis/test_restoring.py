"""What is done to any service's database that came out of a backup."""

import importlib
import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from deploy.local.databases import WITH_DATABASE
from deploy.local.stack import Stack
from services.chassis import cli, ids
from services.chassis.database import Database, Row, query
from services.chassis.effects import PostgresEffects
from services.chassis.events import Record
from services.chassis.outbox import RETENTION, Outbox, envelope
from services.chassis.restoring import SameIncarnation, TopicsCheck, make_good
from services.chassis.tasks import Tasks
from tests.chassis.conftest import TOPIC, postgres_settings

pytestmark = pytest.mark.stack
_PUBLISHED = query(
    "update outbox set publish_time = now() - %(ago)s, create_time = now() - %(ago)s where key = %(key)s"
)
_OUTBOX = query("select * from outbox order by version")
_LEASED = query("update tasks set lease_id = gen_random_uuid(), due_time = now() + interval '6 s' where key = %(key)s")
_FAILED = query("update tasks set attempts = 7, due_time = now() + interval '5 min' where key = %(key)s")
_TASKS = query("select key, lease_id, attempts, due_time <= now() as due from tasks order by key")
_HELD = query("insert into leases values ('relay.test', 7, 'somebody', now() + interval '3 s')")
_LEASES = query("select * from leases")


@pytest.fixture
async def database(new_database: Callable[..., str]) -> AsyncIterator[Database]:
    async with Database(postgres_settings(new_database(Path(__file__).parent / "migrations"))) as opened:
        yield opened


async def published(database: Database, key: str, version: int, ago: timedelta) -> None:
    async with database.transaction() as tx:
        await Outbox("test").add(tx, UserRegistered(), topic=TOPIC, key=key, version=version)
        await tx.execute(_PUBLISHED, key=key, ago=ago)


async def rows(database: Database, wanted: Any) -> list[Row]:
    async with database.reader() as tx:
        return await tx.all(wanted)


async def test_events_of_the_window_are_published_again_in_their_old_life_and_older_ones_are_gone(
    database: Database,
) -> None:
    await published(database, "old", 1, RETENTION + timedelta(hours=1))
    await published(database, "new", 2, RETENTION - timedelta(hours=1))
    await make_good(database, 5, "r5.")
    (row,) = await rows(database, _OUTBOX)
    assert (row["key"], row["publish_time"]) == ("new", None)
    assert dict(envelope(row))["ce_sequence"] == "000001.000000000002"


async def test_what_happens_afterwards_comes_behind_everything_of_before(database: Database) -> None:
    await published(database, "user", 900, timedelta(days=1))
    await make_good(database, 5, "r5.")
    async with database.transaction() as tx:
        await Outbox("test").add(tx, UserRegistered(), topic=TOPIC, key="user", version=1)
    first, second = sorted(str(dict(envelope(row))["ce_sequence"]) for row in await rows(database, _OUTBOX))
    assert (first, second) == ("000001.000000000900", "000005.000000000001")


async def test_what_was_handled_before_is_not_handled_again_when_it_is_published_again(database: Database) -> None:
    event, handled = Record(TOPIC, ids.new("usr"), {"ce_id": str(ids.new_uuid()), "ce_type": "x"}, b""), list[int]()

    async def handle() -> None:
        handled.append(1)

    await PostgresEffects(database).apply("group", event, handle)
    await make_good(database, 2, "r2.")
    await PostgresEffects(database).apply("group", event, handle)
    assert handled == [1]


async def test_what_was_leased_or_had_failed_is_due_and_what_waits_for_its_time_goes_on_waiting(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        for key in ("deadline", "failed", "leased"):
            await Tasks().add(tx, "later", key, due=datetime.now(UTC) + timedelta(minutes=30))
        await tx.execute(_LEASED, key="leased")
        await tx.execute(_FAILED, key="failed")
        await tx.execute(_HELD)
    counts = await make_good(database, 2, "r2.")
    due = {row["key"]: (row["lease_id"], row["attempts"], row["due"]) for row in await rows(database, _TASKS)}
    assert due == {"deadline": (None, 0, False), "failed": (None, 0, True), "leased": (None, 0, True)}
    assert counts["tasks_taken_up"] == 2
    assert await rows(database, _LEASES) == []


async def test_an_incarnation_that_was_there_before_is_refused_and_changes_nothing(database: Database) -> None:
    await make_good(database, 3, "r3.")
    await published(database, "new", 1, timedelta(hours=1))
    for before in (1, 3):
        with pytest.raises(SameIncarnation):
            await make_good(database, before, "again.")
    (row,) = await rows(database, _OUTBOX)
    assert row["publish_time"]


async def test_where_the_services_own_part_fails_nothing_is_done(database: Database) -> None:
    async def fails(*_: object) -> dict[str, int]:
        raise ValueError("its own part")

    await published(database, "new", 1, timedelta(hours=1))
    with pytest.raises(ValueError, match="its own part"):
        await make_good(database, 3, "r3.", fails)
    (row,) = await rows(database, _OUTBOX)
    assert row["publish_time"]
    assert await make_good(database, 3, "r3.")


async def test_a_restored_database_goes_with_the_topics_of_its_own_life_alone(database: Database) -> None:
    for prefix in ("", "shop."):
        await TopicsCheck(database, prefix)()
    await make_good(database, 2, "shop.r2.")
    with pytest.raises(ConnectionError, match=r"topics shop\.r2\.\*: set SHOPMESH_PREFIX"):
        await TopicsCheck(database, "shop.")()
    await TopicsCheck(database, "shop.r2.")()


@pytest.mark.parametrize("service", WITH_DATABASE)
def test_each_service_looks_at_the_topics_before_it_begins(service: str) -> None:
    """Without this its relay and consumer would go on with those of the lost time."""
    main = importlib.import_module(f"services.{service}.main")
    settings = Stack.for_tests().environment(service)
    own = importlib.import_module(f"services.{service}.settings").Settings
    with patch.dict(os.environ, settings):
        assembled = main.assemble(own())
    assert isinstance(assembled.ready["topics"], TopicsCheck)


def test_the_command_migrates_makes_good_and_says_what_it_did(
    new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the address alone: a service's other settings are not asked for."""
    monkeypatch.setenv("SHOPMESH_DATABASE_URL", new_database())
    command = cli._restored_command(Path(__file__).parent, None)
    done = CliRunner().invoke(command, ["--incarnation", "7", "--prefix", "r7."])
    assert json.loads(done.output) == {"events_forgotten": 0, "events_to_publish_again": 0, "tasks_taken_up": 0}
    for prefix in ("", "a b"):
        refused = CliRunner().invoke(command, ["--incarnation", "7", "--prefix", prefix])
        assert (refused.exit_code, "must be letters" in refused.output) == (2, True)
    again = CliRunner().invoke(command, ["--incarnation", "7", "--prefix", "r7."])
    assert (again.exit_code, "incarnation 7 or later" in again.output) == (1, True)
