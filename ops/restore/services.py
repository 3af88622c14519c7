"""What each service does to its own database out of a backup: its code, as its command `restored` runs it."""

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from psycopg import Error as PostgresError
from pydantic import SecretStr

from ops.errors import Refused
from services.auth.adapters import restoring as auth
from services.chassis import restoring
from services.chassis.database import Database
from services.chassis.migrations import migrate_database
from services.chassis.restoring import Restored
from services.notify.adapters import restoring as notify
from services.order.adapters import restoring as order
from services.payment.adapters import restoring as payment

RESTORED: dict[str, Restored | None] = {
    "payment": payment.restored,
    "order": order.restored,
    "catalog": None,
    "auth": auth.restored,
    "notify": notify.restored,
}


@dataclass
class _Address:
    database_url: SecretStr
    database_pool_size: int = 2
    database_pgbouncer: bool = False


class Menders:
    """Makes databases good, one after the other: migrations are not to be run side by side in one process."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def make_good(self, service: str, address: str, incarnation: int, topic_prefix: str) -> dict[str, int]:
        """Brings the schema up to date, then does what going back in time asks for; counts by name. Refused."""
        try:
            async with self._turn:
                await asyncio.to_thread(migrate_database, address, _folder(service) / "migrations")
            async with Database(_Address(SecretStr(address))) as database:
                return await restoring.make_good(database, incarnation, topic_prefix, RESTORED[service])
        except (PostgresError, restoring.SameIncarnation) as error:
            raise Refused(f"{service} refuses its database: {' '.join(str(error).split())}") from error


def _folder(service: str) -> Path:
    spec = find_spec(f"services.{service}")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent
