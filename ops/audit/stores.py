"""Everything that an audit reads, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import stripe
from pydantic import SecretStr
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from redis.asyncio import Redis

from ops.audit.settings import DATABASES, AuditSettings
from services.chassis.database import Database, Query, Row
from services.chassis.outbox import Outbox
from services.chassis.tasks import Tasks
from services.order.adapters.repository import OrderRepository

PAGE = 500
SECONDS = 10


@dataclass
class _Address:
    """What a pool is made with. Without prepared statements, so that the address of a PgBouncer will do as well."""

    database_url: SecretStr
    database_pool_size: int = 2
    database_pgbouncer: bool = True


class _NoAlarms:
    """Reading orders raises none."""

    def raise_alarm(self, kind: str, **about: str) -> None: ...


class Stores:
    """The stores of one shop, by accounts that can only read. Opened and closed as an async context manager.

    `since` leaves out what began earlier: ids are UUIDv7, so they tell.
    """

    def __init__(self, settings: AuditSettings, since: datetime | None = None) -> None:
        self.settings = settings
        self.since = since
        self.databases = {name: Database(_Address(settings.address(name))) for name in DATABASES}
        self.orders = OrderRepository(self.databases["order"], Outbox("audit"), Tasks(), _NoAlarms())
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for database in self.databases.values():
            await self._stack.enter_async_context(database)
        self._mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            self.settings.mongodb_uri.get_secret_value(), serverSelectionTimeoutMS=SECONDS * 1000, tz_aware=True
        )
        self._stack.push_async_callback(self._mongo.close)
        self.valkey = Redis.from_url(self.settings.valkey_url.get_secret_value(), decode_responses=True)
        self._stack.push_async_callback(self.valkey.aclose)
        self._http = stripe.HTTPXClient(timeout=SECONDS)
        self._stack.push_async_callback(self._http.close_async)
        base = self.settings.stripe_api_base
        self.stripe = stripe.StripeClient(
            self.settings.stripe_api_key.get_secret_value(),
            http_client=self._http,
            max_network_retries=3,
            base_addresses={"api": base} if base else None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def lists(self) -> AsyncDatabase[dict[str, Any]]:
        """Order's database in MongoDB."""
        return self._mongo[self.settings.mongodb_database]

    @property
    def first_id(self) -> UUID:
        """Smaller than every id that was made since."""
        return least_id(self.since) if self.since else UUID(int=0)

    async def all(self, service: str, query: Query, **params: Any) -> list[Row]:
        """All rows of a query on a service's database."""
        async with self.databases[service].reader() as tx:
            return await tx.all(query, **params)

    async def pages(self, service: str, query: Query, key: str, **params: Any) -> AsyncIterator[list[Row]]:
        """Rows page by page; the query orders by the column `key`, takes those > %(after)s and limits to %(count)s."""
        after = self.first_id
        while rows := await self.all(service, query, after=after, count=PAGE, **params):
            yield rows
            after = rows[-1][key]


def least_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment. Source: RFC 9562 section 5.7."""
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return UUID(int=milliseconds << 80)
