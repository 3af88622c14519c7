"""The PostgreSQL server of a shop: its databases made, filled beside those in use, and put in their place at once."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from psycopg import AsyncConnection, sql
from psycopg import Error as PostgresError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from ops.backup.settings import DATABASES, BackupSettings, database_name
from ops.errors import Refused
from ops.restore.gates import OWN

RESTORING = "_restoring"
_KEPT = "_before_restore_"
_EXISTING = "select datname from pg_database where datname = any(%s)"
_ASIDE = "select datname from pg_database where datname like %s"
_TABLES = """
    select to_regclass('public.chassis_state') is not null as ours, exists (
        select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    ) as filled"""
_INCARNATION = "select incarnation from chassis_state"


@dataclass(frozen=True, slots=True)
class Live:
    """A service's database as it is before the restore. `incarnation` is 0 where it is empty."""

    service: str
    name: str
    owner: str
    address: str
    exists: bool
    incarnation: int

    @property
    def restoring(self) -> str:
        """The name that the restored one has until it takes this one's place."""
        return f"{self.name}{RESTORING}"

    @property
    def restoring_address(self) -> str:
        return urlsplit(self.address)._replace(path=f"/{self.restoring}").geturl()

    def kept(self, incarnation: int) -> str:
        """The name that this one has afterwards."""
        return f"{self.name}{_KEPT}{incarnation}"


class Server:
    """By a role that may create and rename the databases. Made by `opened`."""

    def __init__(self, connection: AsyncConnection[DictRow]) -> None:
        self.connection = connection

    async def live(self, settings: BackupSettings) -> list[Live]:
        """What is there now."""
        names = {service: database_name(settings.address(service)) for service in DATABASES}
        rows = await (await self.connection.execute(_EXISTING, [list(names.values())])).fetchall()
        existing = {row["datname"] for row in rows}
        return [await _live(service, settings.address(service), names[service] in existing) for service in DATABASES]

    async def kept_before(self, databases: Iterable[Live]) -> list[int]:
        """Incarnations that databases of this shop were put aside for."""
        rows = await (await self.connection.execute(_ASIDE, [f"%{_KEPT}%"])).fetchall()
        ends = [row["datname"].removeprefix(f"{live.name}{_KEPT}") for row in rows for live in databases]
        return [int(end) for end in ends if end.isdecimal()]

    async def make_anew(self, name: str, owner: str) -> None:
        """An empty database; one of this name, of a restore that was killed, is dropped."""
        await self.drop(name)
        statement = sql.SQL("create database {} owner {} template template0")
        await self.connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))

    async def drop(self, name: str) -> None:
        await self.connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    async def swap(self, databases: Iterable[Live], incarnation: int) -> None:
        """Puts all restored databases in their places and the others aside: all at once, or none."""
        rename = sql.SQL("alter database {} rename to {}")
        async with self.connection.transaction():
            for live in databases:
                name, restored = sql.Identifier(live.name), sql.Identifier(live.restoring)
                if live.exists:
                    await self.connection.execute(rename.format(name, sql.Identifier(live.kept(incarnation))))
                await self.connection.execute(rename.format(restored, name))


@asynccontextmanager
async def opened(settings: BackupSettings) -> AsyncIterator[Server]:
    """Refused where it cannot be used, or the databases are not all on it."""
    address = settings.backup_admin_url.get_secret_value()
    if not address:
        raise Refused("SHOPMESH_BACKUP_ADMIN_URL must name a role that may create and rename databases")
    places = {_place(each) for each in (address, *map(settings.address, DATABASES))}
    if len(places) > 1:
        raise Refused(f"the databases must be on one server, to be swapped at once, but they are at {sorted(places)}")
    try:
        async with await _connected(address) as connection:
            yield Server(connection)
    except PostgresError as error:
        raise Refused(f"PostgreSQL refuses: {' '.join(str(error).split())}") from error


async def _connected(address: str) -> AsyncConnection[DictRow]:
    return await AsyncConnection.connect(address, autocommit=True, row_factory=dict_row, application_name=OWN)


def _place(address: str) -> str:
    parts = conninfo_to_dict(address)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"


async def _live(service: str, address: str, exists: bool) -> Live:
    parts = conninfo_to_dict(address)
    incarnation = await _incarnation(address) if exists else 0
    return Live(service, str(parts["dbname"]), str(parts["user"]), address, exists, incarnation)


async def _incarnation(address: str) -> int:
    async with await _connected(address) as connection:
        row = await (await connection.execute(_TABLES)).fetchone()
        if row and row["filled"] and not row["ours"]:
            raise Refused(f"{connection.info.dbname} holds tables of somebody else: is its address the right one?")
        if not row or not row["ours"]:
            return 0
        row = await (await connection.execute(_INCARNATION)).fetchone()
        return int(row["incarnation"]) if row else 0
