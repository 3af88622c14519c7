"""Transactions join, and never across asyncio tasks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.chassis.database import Database, query
from tests.chassis.conftest import Effects, postgres_settings

pytestmark = pytest.mark.stack
STATEMENTS = query("select count(*) as n from pg_prepared_statements")


@pytest.fixture(params=[False, True], ids=["its own sessions", "as behind a PgBouncer"])
async def database(new_database: Callable[..., str], request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The server is PostgreSQL itself in both."""
    settings = postgres_settings(new_database(Path(__file__).parent / "migrations"))
    settings.database_pgbouncer = request.param
    async with Database(settings) as opened:
        yield opened


async def test_statements_are_prepared_in_sessions_of_its_own_alone(
    database: Database, effects: Effects, request: pytest.FixtureRequest
) -> None:
    async with database.transaction() as tx:  # one session
        for _ in range(3):
            await effects.add("prepared")
        row = await tx.one(STATEMENTS)
    assert row is not None
    assert bool(row["n"]) is not request.node.callspec.params["database"]


async def test_an_inner_transaction_is_part_of_the_outer_one(database: Database, effects: Effects) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction():
            await effects.add("inner")
            raise RuntimeError
    assert await effects.count("inner") == 0


async def test_a_child_task_has_a_transaction_of_its_own(database: Database, effects: Effects) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction():
            await asyncio.create_task(effects.add("child"))
            raise RuntimeError
    assert await effects.count("child") == 1


async def test_a_savepoint_undoes_its_part_only(database: Database, effects: Effects) -> None:
    async with database.transaction() as tx:
        await effects.add("before savepoint")
        with pytest.raises(RuntimeError):
            async with tx.savepoint():
                await effects.add("in savepoint")
                raise RuntimeError
    assert await effects.count("before savepoint") == 1
    assert await effects.count("in savepoint") == 0


async def test_after_commit_calls_come_only_with_a_commit(database: Database) -> None:
    called: list[str] = []
    async with database.transaction() as tx:
        tx.after_commit(lambda: called.append("committed"))
        assert called == []
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            tx.after_commit(lambda: called.append("rolled back"))
            raise RuntimeError
    assert called == ["committed"]


async def test_json_goes_in_and_comes_out(database: Database) -> None:
    echo = query("select %(value)s::jsonb as value")
    async with database.reader() as tx:
        row = await tx.one(echo, value={"a": [1, {"b": None}]})
    assert row == {"value": {"a": [1, {"b": None}]}}


@pytest.mark.parametrize(("pool_size", "level"), [(8, "info"), (100_000, "warning")])
async def test_the_share_of_the_servers_connections_is_told_once(database_url: str, pool_size: int, level: str) -> None:
    settings = postgres_settings(database_url)
    settings.database_pool_size = pool_size
    async with Database(settings) as database:
        with capture_logs() as logged:
            for _ in range(2):
                await database.check()
    assert [(line["event"], line["log_level"]) for line in logged] == [("database_connections", level)]
    assert logged[0]["used"] <= logged[0]["server_at_most"]
