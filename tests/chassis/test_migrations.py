"""``migrate`` twice, at once, and under a newer schema; readiness follows it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from services import notify
from services.chassis.database import Database
from services.chassis.migrations import migrate_database, migrate_topics
from services.chassis.revisions import SchemaCheck
from tests.chassis.conftest import postgres_settings

pytestmark = pytest.mark.stack
FOLDER = Path(__file__).parent
MIGRATIONS = FOLDER / "migrations"
DAY_MS = 24 * 3600 * 1000


def revision(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("select version_num from alembic_version").fetchone()
    assert row is not None
    return str(row[0])


def set_revision(url: str, number: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = %s", (number,))


async def test_migrating_at_once_and_again_leaves_one_schema(new_database: Callable[..., str]) -> None:
    url = new_database(None)
    await asyncio.gather(*(asyncio.to_thread(migrate_database, url, MIGRATIONS) for _ in range(3)))
    migrate_database(url, MIGRATIONS)
    assert revision(url) == "0001"


CONCURRENT = """
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("create table things (id int)")
    with op.get_context().autocommit_block():
        op.execute("create index concurrently things_id on things (id)")
"""


SLOW = CONCURRENT.replace('op.execute("create index', 'op.execute("select pg_sleep(0.6)"); op.execute("create index')


async def test_the_lock_outlasts_a_limit_on_idle_transactions(new_database: Callable[..., str], tmp_path: Path) -> None:
    url = new_database(None)
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'alter database "{name}" set idle_in_transaction_session_timeout = 200')
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_things.py").write_text(SLOW)
    async with asyncio.timeout(20):
        await asyncio.gather(*(asyncio.to_thread(migrate_database, url, tmp_path) for _ in range(2)))
    assert revision(url) == "0001"


async def test_an_index_may_be_made_concurrently_while_others_wait_to_migrate(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    url = new_database(None)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_things.py").write_text(CONCURRENT)
    async with asyncio.timeout(20):
        await asyncio.gather(*(asyncio.to_thread(migrate_database, url, tmp_path) for _ in range(3)))
    assert revision(url) == "0001"


def test_a_schema_that_is_newer_is_left_alone(new_database: Callable[..., str]) -> None:
    url = new_database(MIGRATIONS)
    set_revision(url, "9999")
    migrate_database(url, MIGRATIONS)
    assert revision(url) == "9999"


async def test_a_service_is_not_ready_before_its_schema_is(new_database: Callable[..., str]) -> None:
    url = new_database(None)
    async with Database(postgres_settings(url)) as database:
        check = SchemaCheck(database, FOLDER)
        with pytest.raises(psycopg.errors.UndefinedTable):
            await check()
        await asyncio.to_thread(migrate_database, url, MIGRATIONS)
        await check()


async def test_a_service_is_not_ready_under_an_older_schema(new_database: Callable[..., str]) -> None:
    folder = Path(notify.__file__).parent
    url = new_database(folder / "migrations")
    async with Database(postgres_settings(url)) as database:
        await SchemaCheck(database, folder)()
        set_revision(url, "0001")
        with pytest.raises(ConnectionError, match="the schema is at 0001"):
            await SchemaCheck(database, folder)()


async def test_a_service_is_ready_under_a_newer_schema(new_database: Callable[..., str]) -> None:
    url = new_database(MIGRATIONS)
    set_revision(url, "9999")
    async with Database(postgres_settings(url)) as database:
        await SchemaCheck(database, FOLDER)()


def test_an_event_is_gone_when_its_days_are_over(kafka: str, run_prefix: str) -> None:
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    for _ in range(2):
        migrate_topics(client, run_prefix, 1, {"kept": {"partitions": 1, "retention_days": 30}})
    resource = ConfigResource(ResourceType.TOPIC, f"{run_prefix}kept")
    admin = AdminClient(client)  # lives as long as what it promised
    config = admin.describe_configs([resource])[resource].result()
    kept, segment = int(config["retention.ms"].value), int(config["segment.ms"].value)
    assert kept >= 28 * DAY_MS
    assert kept + segment <= 30 * DAY_MS


def test_migrating_with_another_number_of_partitions_leaves_them_as_they_are(kafka: str, run_prefix: str) -> None:
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    for partitions in (3, 5, 2):
        migrate_topics(client, run_prefix, 1, {"for-good": {"partitions": partitions, "retention_days": 1}})
    topic = f"{run_prefix}for-good"
    assert len(AdminClient(client).list_topics(topic, timeout=10).topics[topic].partitions) == 3
