"""What a service asks of PostgreSQL before it is served. Its queries change nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.chassis.doctor import Away, Doubtful, Unusable

OLDEST = 15
_NOT_YET = ("starting up", "shutting down", "recovery", "not yet accepting", "too many", "remaining connection slots")
"""What a server says with FATAL and will not say for long."""
_REFUSED = ("FATAL:", "SSL", "certificate", "invalid ")
_FACTS = """
select current_schema()::text as schema,
       has_schema_privilege(current_user, current_schema(), 'create') as may_create,
       pg_is_in_recovery() as copy,
       pg_backend_pid() as pid,
       (select string_agg(relname, ', ' order by relname) from pg_class
        where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind in ('r', 'p')
          and not pg_has_role(current_user, relowner, 'usage')) as foreign_tables
"""
_HIDDEN = """
select string_agg(relname, ', ' order by relname) as tables from pg_class
where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind in ('r', 'p')
  and not has_table_privilege(oid, 'select')
"""
_PREFIX = "select topic_prefix from chassis_state"


async def postgres(address: str, pgbouncer: bool, topic_prefix: str) -> str:
    """The service's own database, in which its role makes and changes tables."""
    async with _connected(address, "SHOPMESH_DATABASE_URL") as connection:
        facts = await _one(connection, _FACTS)
        said = _described(connection)
        _refuse(facts, said)
        await _refuse_topics(connection, topic_prefix)
        if facts["pid"] != connection.info.backend_pid and not pgbouncer:
            raise Doubtful(
                f"{said}, but a pooler is between: set SHOPMESH_DATABASE_PGBOUNCER=true, unless it keeps sessions"
            )
        return f"{said}, may make tables in the schema {facts['schema']}"


async def postgres_copy(address: str) -> str:
    """A read-only copy of it, which may lag: it answers, and what is there may be read."""
    async with _connected(address, "SHOPMESH_DATABASE_READ_URL") as connection:
        hidden = (await _one(connection, _HIDDEN))["tables"]
        if hidden:
            raise Unusable(f"the role of SHOPMESH_DATABASE_READ_URL may not read {hidden}: `GRANT SELECT` on them")
        return f"{_described(connection)}, may read"


def _refuse(facts: dict[str, Any], said: str) -> None:
    if facts["copy"]:
        raise Unusable(f"{said}, is a read-only copy: SHOPMESH_DATABASE_URL must name the primary")
    if facts["schema"] is None:
        raise Unusable(
            "there is no schema on the role's search_path: `CREATE SCHEMA`, or `ALTER ROLE ... SET search_path`"
        )
    if not facts["may_create"]:
        own = f"it must own the database, or have CREATE on its schema {facts['schema']}"
        raise Unusable(f"the role may not make tables: {own}")
    if facts["foreign_tables"]:
        raise Unusable(
            f"the role does not own {facts['foreign_tables']}, so it could not change them: "
            "`REASSIGN OWNED`, or make it a member of the role that does"
        )


async def _refuse_topics(connection: psycopg.AsyncConnection[Any], prefix: str) -> None:
    """A database that was restored goes with its own topics only (services.chassis.restoring)."""
    try:
        wanted = (await _one(connection, _PREFIX))["topic_prefix"]
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return  # not migrated yet
    if wanted not in (None, prefix):
        raise Unusable(f"this database was restored, and goes with the topics {wanted}*: set SHOPMESH_PREFIX={wanted}")


def _described(connection: psycopg.AsyncConnection[Any]) -> str:
    version = connection.info.server_version // 10000
    if version < OLDEST:
        raise Unusable(f"version {version} is too old: use PostgreSQL >= {OLDEST}")
    return f"version {version}, {'with' if connection.pgconn.ssl_in_use else 'without'} TLS"


async def _one(connection: psycopg.AsyncConnection[Any], query: str) -> dict[str, Any]:
    row: dict[str, Any] | None = await (await connection.execute(query)).fetchone()
    return row or {"topic_prefix": None}


@asynccontextmanager
async def _connected(address: str, setting: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    if not address:
        raise Unusable(f"{setting} is not set: postgresql://user:password@host:port/name")
    try:
        async with await psycopg.AsyncConnection.connect(
            address, autocommit=True, connect_timeout=5, prepare_threshold=None, row_factory=dict_row
        ) as connection:
            yield connection
    except psycopg.Error as error:
        kind = Away if _may_come(error) else Unusable
        raise kind(f"{error}: check {setting} and the server's access rules") from error


def _may_come(error: psycopg.Error) -> bool:
    """Whether it is an outage. A connection that fails has no SQLSTATE: its text is all there is."""
    text = str(error)
    if isinstance(error, psycopg.OperationalError):
        return any(word in text for word in _NOT_YET) or not any(word in text for word in _REFUSED)
    return False
