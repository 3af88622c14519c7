"""Five databases and carts of a test's own, without a service that runs, and the commands on them."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from psycopg.rows import dict_row
from redis import Redis

from deploy.local import addresses
from deploy.local.bootstrap import ROOT
from deploy.local.components import postgres
from deploy.local.installation import without_settings
from deploy.local.stack import Stack
from ops.backup import cli as backup_cli
from ops.backup.settings import DATABASES
from ops.restore import cli as restore_cli
from tests.ports import free_port

CARTS_OF_THIS_SUITE = 9
"""Number of the database in Valkey: the shop's is 0."""
CART = "cart:{cart_1}"
_NOTE = "insert into tasks (kind, key, payload, traceparent, due_time) values ('note', %s, '{}', '', now() + '1 day')"
_NOTES = "select key from tasks where kind = 'note' order by key"


@dataclass
class Stores:
    """What a shop consists of, before a backup, and after a restore."""

    admin: str
    names: dict[str, str]
    valkey_url: str
    programs: str
    folder: Path
    edge: str

    def url(self, name: str) -> str:
        return f"{self.admin.rpartition('/')[0]}/{name}"

    def environment(self, **changes: str) -> dict[str, str]:
        """Of the commands."""
        urls = {f"{service.upper()}_URL": self.url(name) for service, name in self.names.items()}
        own = {
            **urls,
            "ADMIN_URL": self.admin,
            "VALKEY_URL": self.valkey_url,
            "FOLDER": str(self.folder),
            "PROGRAMS": self.programs,
            "EDGE_URL": self.edge,
        }
        return {
            **without_settings(os.environ),
            **{f"SHOPMESH_BACKUP_{name}": value for name, value in own.items()},
        } | changes

    def run(self, command: click.Command, *words: str | Path, **changes: str) -> Result:
        """A command, to its end, however that is."""
        return CliRunner().invoke(command, list(map(str, words)), env=self.environment(**changes))

    def back_up(self) -> Path:
        done = self.run(backup_cli.main)
        assert done.exit_code == 0, done.stderr
        return Path(done.stdout.partition(":")[0])

    def restore(self, backup: Path, *words: str) -> Result:
        return self.run(restore_cli.main, backup, "--yes", *words)

    def rows(self, database: str, statement: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.url(database), autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def note(self, text: str) -> None:
        """Something that every store knows from now on."""
        for name in self.names.values():
            self.rows(name, _NOTE, text)
        with Redis.from_url(self.valkey_url) as valkey:
            valkey.set(CART, text)

    def notes(self) -> dict[str, list[str]]:
        """What each store knows."""
        found = {service: self.noted(name) for service, name in self.names.items()}
        with Redis.from_url(self.valkey_url, decode_responses=True) as valkey:
            return found | {"carts": [str(valkey.get(CART))]}

    def noted(self, database: str) -> list[str]:
        return [row["key"] for row in self.rows(database, _NOTES)]

    def incarnations(self) -> set[int]:
        return {life["incarnation"] for life in self.lives()}

    def topic_prefixes(self) -> set[str]:
        return {life["topic_prefix"] for life in self.lives()}

    def lives(self) -> list[dict[str, Any]]:
        """What each database says of itself."""
        return [row for name in self.names.values() for row in self.rows(name, "select * from chassis_state")]

    def databases(self) -> list[str]:
        """Everything on the server that bears a name of these."""
        rows = self.rows("postgres", "select datname from pg_database order by datname")
        return [row["datname"] for row in rows if any(row["datname"].startswith(name) for name in self.names.values())]

    def clean(self) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for name in self.databases():
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        with Redis.from_url(self.valkey_url) as valkey:
            valkey.flushdb()


@pytest.fixture
def stores(stack: Stack, new_database: Callable[[Path | None], str], tmp_path: Path) -> Iterator[Stores]:
    """As `migrate` leaves them; the edge is closed."""
    stack.up(only={"postgres", "valkey"})
    installation, names = stack.installation, {}
    admin = addresses.postgres(installation)
    for service in DATABASES:
        made = new_database(ROOT / "services" / service / "migrations").rpartition("/")[2]
        names[service] = f"{made}_{service}_{secrets.token_hex(3)}"  # no other's name begins so
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'alter database "{made}" rename to "{names[service]}"')
    stores = Stores(
        admin,
        names,
        f"{addresses.valkey(installation).rpartition('/')[0]}/{CARTS_OF_THIS_SUITE}",
        str(Path(postgres.program(installation, "pg_dump")).parent),
        tmp_path / "backups",
        f"http://127.0.0.1:{free_port()}",
    )
    yield stores
    stores.clean()
