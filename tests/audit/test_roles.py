"""The roles that the audit logs in as can read what it needs, and can do nothing else."""

import asyncio
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from deploy.local import databases
from ops.audit.grants import READABLE
from tests.audit.conftest import Bought

pytestmark = pytest.mark.stack
WRITES = (
    "insert into {} default values",
    "delete from {}",
    "truncate {}",
    "drop table {}",
    "alter table {} add column mine integer",
    "create trigger mine before insert on {} execute function pg_sleep(0)",
    "select from {} for update",
)
MAKES = ("create table mine (id integer)", "create schema mine", "create role mine")
TABLES = "select tablename from pg_tables where schemaname = 'public'"


def refused(url: str, statement: sql.SQL | sql.Composed) -> bool:
    """Whether the server refuses it for want of a right, also to whoever switches the role's own caution off."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        try:
            connection.execute(statement)
        except InsufficientPrivilege:
            return True
    return False


@pytest.mark.parametrize("service", READABLE)
async def test_nothing_can_be_written(bought: Bought, service: str) -> None:
    url = databases.audit_url(service, bought.shop.stack.installation)

    def attempts() -> list[str]:
        with psycopg.connect(url) as connection:
            tables = [row[0] for row in connection.execute(TABLES)]
        assert set(READABLE[service]) <= set(tables)
        wanted: list[sql.SQL | sql.Composed] = [
            sql.SQL(write).format(sql.Identifier(table)) for table in tables for write in WRITES
        ]
        wanted += [
            sql.SQL("create table mine (id integer)"),
            sql.SQL("create schema mine"),
            sql.SQL("create role mine"),
        ]
        return [str(each) for each in wanted if not refused(url, each)]

    assert await asyncio.to_thread(attempts) == []


@pytest.mark.parametrize(
    ("service", "secret"),
    [
        ("auth", "select password_hash from credentials"),
        ("auth", "select private_key from signing_keys"),
        ("auth", "select email from users"),
        ("auth", "select payload from outbox"),
        ("order", "select payload from outbox"),
        ("payment", "select body from attempts"),
        ("payment", "select email from payment_contacts"),
        ("payment", "select content from invoices"),
        ("notify", "select recipient from deliveries"),
    ],
)
async def test_secrets_and_contents_cannot_be_read(bought: Bought, service: str, secret: LiteralString) -> None:
    url = databases.audit_url(service, bought.shop.stack.installation)
    assert await asyncio.to_thread(refused, url, sql.SQL(secret))
