"""The shop as this suite asks it: thousands of times, so over connections that stay."""

import psycopg
from psycopg.rows import dict_row

from deploy.local import addresses, databases
from services.cart.adapters.effects import ValkeyEffects
from services.cart.adapters.valkey import connect
from services.chassis.events import Record
from tests.e2e.api import Json
from tests.e2e.shop import Shop


class _NoCopies:
    """Who only looks at parked events sends none."""

    async def send(self, group: str, record: Record, error: str) -> None:
        raise NotImplementedError


class AskedOften(Shop):
    """A shop whose databases are asked over one connection each, which a log-in every time would cost more than."""

    _connections: dict[str, psycopg.AsyncConnection[Json]]

    async def __aenter__(self) -> "AskedOften":
        self._connections = {}
        self._valkey = connect(addresses.valkey(self.stack.installation), pool_size=1)
        self.cart_dead_letters = ValkeyEffects(self._valkey, _NoCopies())
        await super().__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        for connection in self._connections.values():
            await connection.close()
        await self._valkey.aclose()
        await super().__aexit__(*error)

    async def rows(self, service: str, statement: str, *values: object) -> list[Json]:
        """The rows of a query on a service's database."""
        cursor = await (await self._connection(service)).execute(statement, values)
        return await cursor.fetchall() if cursor.description else []

    async def _connection(self, service: str) -> psycopg.AsyncConnection[Json]:
        if service not in self._connections:
            url = databases.url(service, self.stack.installation)
            connect = psycopg.AsyncConnection.connect
            self._connections[service] = await connect(url, autocommit=True, row_factory=dict_row)
        return self._connections[service]
