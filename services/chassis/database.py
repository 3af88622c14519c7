"""PostgreSQL through one helper: statements built with SQLAlchemy Core or written as SQL, run by psycopg.

A transaction is opened by whoever drives (the requests interceptor, a consumer's inbox, a task handler); everything
below it asks for ``transaction()`` as well and joins. So an effect, its events, its tasks and the row that makes its
repeat harmless are one commit, and no function needs to know who else writes in it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Any, Protocol, Self, cast

import structlog
from psycopg import AsyncConnection
from psycopg.adapt import Dumper
from psycopg.rows import dict_row
from psycopg.types.json import JsonbDumper
from psycopg.types.string import StrDumper
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import ClauseElement

log = structlog.get_logger()
Row = dict[str, Any]
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


class DatabaseSettings(Protocol):
    """The part of a service's settings that a database needs."""

    database_url: SecretStr
    database_pool_size: int
    database_pgbouncer: bool


class Query:
    """A statement made once: SQL with ``%(name)s`` and the parameters that the statement itself brought."""

    def __init__(self, statement: ClauseElement | str) -> None:
        if isinstance(statement, str):
            self.sql, self.given = statement, dict[str, Any]()
            return
        compiled = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self.given = {name: value for name, value in compiled.params.items() if value is not None}

    def __repr__(self) -> str:
        return f"Query({self.sql!r})"


def query(statement: ClauseElement | str) -> Query:
    """Compiles a SQLAlchemy Core statement, or takes SQL as written. Call it once, at module level."""
    return Query(statement)


class Transaction:
    """Runs statements on one connection; belongs to the asyncio task that opened it."""

    def __init__(self, connection: AsyncConnection[Row], owner: "Database") -> None:
        self.connection = connection
        self.owner = owner
        self.task = asyncio.current_task()
        self._after_commit: list[Callable[[], None]] = []

    async def all(self, query: Query, **params: Any) -> list[Row]:
        """All rows of the answer."""
        async with self.connection.cursor(binary=True) as cursor:
            await cursor.execute(query.sql, {**query.given, **params})
            return await cursor.fetchall()

    async def one(self, query: Query, **params: Any) -> Row | None:
        """The first row, if there is one."""
        async with self.connection.cursor(binary=True) as cursor:
            await cursor.execute(query.sql, {**query.given, **params})
            return await cursor.fetchone()

    async def execute(self, query: Query, **params: Any) -> int:
        """The number of rows changed."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(query.sql, {**query.given, **params})
            return cursor.rowcount

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undoes what happens inside where it raises, and leaves the rest of the transaction usable."""
        async with self.connection.transaction():
            yield

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls once the transaction is committed; never where it is not. For wake-ups, which may be lost."""
        self._after_commit.append(call)

    def committed(self) -> None:
        for call in self._after_commit:
            call()


_ambient: ContextVar[Transaction | None] = ContextVar("transaction", default=None)


# A server that is gone without a word is noticed in seconds, not after the quarter of an hour that TCP takes.
_NOTICE_ABSENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


IDLE_SECONDS = 15
"""A process that is paused inside a transaction holds its locks no longer: nobody works for so long without a statement."""


class _EnumDumper(StrDumper):
    def dump(self, obj: Any) -> bytes:
        return str(obj.value).encode()


class Database:
    """A pool of connections to the service's own database. Opened and closed as an async context manager.

    ``address`` is another one than the settings' own, such as that of a read-only copy.
    """

    def __init__(self, settings: DatabaseSettings, address: SecretStr | None = None) -> None:
        self._most = settings.database_pool_size
        self._budget_told = False
        self._pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            (address or settings.database_url).get_secret_value(),
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": None if settings.database_pgbouncer else 1,
                "connect_timeout": 5,
                **_NOTICE_ABSENCE,
            },
            min_size=1,
            max_size=settings.database_pool_size,
            open=False,
            timeout=3,
            reconnect_timeout=30,
            configure=_configure if settings.database_pgbouncer else _configure_own,
            check=AsyncConnectionPool.check_connection if settings.database_pgbouncer else None,
        )

    async def __aenter__(self) -> Self:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """The transaction of this asyncio task: the one that is open, or a new one (READ COMMITTED)."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        async with self._pool.connection() as connection:
            tx = Transaction(connection, self)
            token = _ambient.set(tx)
            try:
                async with connection.transaction():
                    yield tx
            finally:
                _ambient.reset(token)
        tx.committed()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Transaction]:
        """For single statements, mostly reads: no BEGIN and COMMIT around them; joins the transaction that is open, if
        there is one."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        async with self._pool.connection() as connection:
            yield Transaction(connection, self)

    def _joined(self) -> Transaction | None:
        tx = _ambient.get()
        # A child asyncio task inherits the context, but must not share its parent's connection.
        if tx is not None and tx.owner is self and tx.task is asyncio.current_task():
            return tx
        return None

    async def check(self) -> None:
        """Raises where the server does not answer."""
        async with self.reader() as tx:
            await tx.one(_PING)
            if not self._budget_told:
                await self._tell_budget(tx)

    async def _tell_budget(self, tx: Transaction) -> None:
        """Says at the first success what share of the server's connections this process may take."""
        server = await tx.one(_CONNECTIONS)
        assert server is not None
        say = log.info if self._most <= server["most"] - server["used"] else log.warning
        say("database_connections", this_process_at_most=self._most, server_at_most=server["most"], used=server["used"])
        self._budget_told = True


_PING = query("select 1 as one")
_CONNECTIONS = query(
    """select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
              (select count(*) from pg_stat_activity where backend_type = 'client backend') as used"""
)


async def _configure_own(connection: AsyncConnection[Row]) -> None:
    """For a server connection that is nobody else's: behind a PgBouncer the server's own setting counts."""
    await _configure(connection)
    await connection.execute(f"set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")


async def _configure(connection: AsyncConnection[Row]) -> None:
    connection.adapters.register_dumper(dict, JsonbDumper)
    connection.adapters.register_dumper(Enum, cast(type[Dumper], _EnumDumper))
