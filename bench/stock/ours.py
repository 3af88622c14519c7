"""The service's own code: the repository that ReserveStock drives, over the service's own pool."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.products import ProductRepository
from services.catalog.adapters.stock import StockRepository
from services.catalog.api.mapping import product_to_proto
from services.catalog.domain import products as rules
from services.catalog.domain.products import Details, Variant
from services.catalog.domain.stock import StockLine
from services.catalog.settings import Settings
from services.chassis import ids
from services.chassis.database import Database
from services.chassis.money import Money
from services.chassis.outbox import Outbox

NAME = "the service's repository"
PLENTY = 100_000_000


def _database(url: str, clients: int) -> Database:
    return Database(Settings(database_url=SecretStr(url), database_pool_size=clients))


async def variant(url: str) -> str:
    """The id of a new variant with more units than anybody reserves."""
    price = (Money(1250, "EUR"),)
    sold = Variant(id="", sku="HOT", option_values={}, prices=price, initial_stock=PLENTY)
    now = datetime.now(UTC)
    product = rules.create(ids.new("prod"), Details(slug="hot", title="Hot"), (sold,), now, lambda: ids.new("var"))
    async with _database(url, 2) as database:
        await ProductRepository(database, Outgoing(Outbox("catalog"), product_to_proto), database).create(product)
    return product.variants[0].id


async def rate(url: str, variant_id: str, seconds: int, clients: int) -> float:
    """Reservations a second, by so many orders at once."""
    async with _database(url, clients) as database:
        stock = StockRepository(database, Outgoing(Outbox("catalog"), product_to_proto))
        line = [StockLine(variant_id, 1)]
        began = time.monotonic()

        async def buyer() -> int:
            count = 0
            while time.monotonic() - began < seconds:
                now = datetime.now(UTC)
                await stock.reserve(ids.new("ord"), line, now + timedelta(minutes=45), now)
                count += 1
            return count

        counts = await asyncio.gather(*(buyer() for _ in range(clients)))
        return sum(counts) / (time.monotonic() - began)
