"""Snapshots of all databases, taken within milliseconds and held until they are dumped."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection, IsolationLevel
from psycopg import Error as PostgresError
from psycopg.rows import class_row

from ops.backup.settings import DATABASES, BackupSettings
from ops.errors import Refused

_TAKE = """
select pg_export_snapshot() as id, clock_timestamp() as time, current_database() as database,
       (select incarnation from chassis_state) as incarnation,
       (select version_num from alembic_version) as revision,
       current_setting('server_version_num')::int / 10000 as server
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of one database that `pg_dump --snapshot` can go to."""

    id: str
    time: datetime
    database: str
    incarnation: int
    revision: str
    server: int


@asynccontextmanager
async def snapshots(settings: BackupSettings) -> AsyncIterator[dict[str, Snapshot]]:
    """A snapshot of each database, by service, for as long as the context is open. Refused where one cannot be had."""
    async with AsyncExitStack() as stack:
        try:
            opened = {name: await _opened(stack, settings.address(name)) for name in DATABASES}
            taken = {name: await _taken(connection) for name, connection in opened.items()}
        except PostgresError as error:
            raise Refused(f"a database cannot be read: {' '.join(str(error).split())}") from error
        yield taken


async def _opened(stack: AsyncExitStack, address: str) -> AsyncConnection[Snapshot]:
    """Connected before the first snapshot is taken, because connecting takes longest."""
    connection = await AsyncConnection.connect(address, row_factory=class_row(Snapshot), autocommit=True)
    await stack.enter_async_context(connection)
    await connection.execute("set idle_in_transaction_session_timeout = 0")
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
    await connection.set_autocommit(False)
    return connection


async def _taken(connection: AsyncConnection[Snapshot]) -> Snapshot:
    snapshot = await (await connection.execute(_TAKE)).fetchone()
    assert snapshot
    return snapshot
