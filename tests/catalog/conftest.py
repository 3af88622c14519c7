"""Catalog over a real database; each test makes products, SKUs and orders of its own."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import symbol_database
from google.protobuf.message import Message
from pydantic import SecretStr
from shopmesh.catalog.v1 import catalog_events_pb2  # noqa: F401 - registers the messages that the outbox holds

from services.catalog import main
from services.catalog.adapters.categories import CategoryRepository
from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.prices import PriceReader
from services.catalog.adapters.products import ProductRepository
from services.catalog.adapters.stock import StockRepository
from services.catalog.api.mapping import product_to_proto
from services.catalog.domain import products as rules
from services.catalog.domain.products import Details, Option, Product, Variant
from services.catalog.domain.stock import StockLine
from services.catalog.settings import Settings
from services.chassis import ids
from services.chassis.database import Database, query
from services.chassis.money import Money
from services.chassis.outbox import Outbox
from tests.catalog.serving import Api, running

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=45)
SIZES = ("S", "M", "L")


def token() -> str:
    """Letters that no other test uses."""
    return ids.new("x")[2:]


def new_variant() -> str:
    return ids.new("var")


def details(**given: Any) -> Details:
    """A shirt in three sizes, under a slug of its own."""
    options = given.pop("options", (Option("Size", SIZES),))
    return Details(**{"slug": f"linen-shirt-{token()}", "title": "Linen shirt", "options": options} | given)


def variant(size: str = "M", **given: Any) -> Variant:
    """The shirt in one size, under an SKU of its own."""
    values = {
        "id": "",
        "sku": f"LS-{token()}",
        "option_values": {"Size": size},
        "prices": (Money(4900, "EUR"),),
    }
    return Variant(**values | given)


def shirt(*variants: Variant, **given: Any) -> Product:
    """A new shirt; without ``variants`` in all three sizes, five of each."""
    chosen = variants or tuple(variant(size, initial_stock=5) for size in SIZES)
    return rules.create(ids.new("prod"), details(**given), chosen, NOW, new_variant)


def simple(stock: int = 5) -> Product:
    """A product in one variant without options."""
    return shirt(variant(option_values={}, initial_stock=stock), options=())


def lines(product: Product, *quantities: int) -> list[StockLine]:
    """So many units of each variant, in turn."""
    return [StockLine(v.id, quantity) for v, quantity in zip(product.variants, quantities, strict=False)]


_STOCK = query("select received, free, reserved, sold, version from stock where variant_id = %(id)s")
_EVENTS = query("select type, version, payload from outbox where key = %(key)s order by event_id")
_CHANGES = query("select reason, order_id, free from stock_changes where variant_id = %(id)s order by version")


@dataclass
class Catalog:
    """The repositories on one database, and a look into it."""

    database: Database
    products: ProductRepository
    categories: CategoryRepository
    stock: StockRepository
    prices: PriceReader

    async def made(self, product: Product) -> Product:
        """The product, stored."""
        await self.products.create(product)
        return product

    async def buckets(self, variant_id: str) -> tuple[int, ...]:
        """received, free, reserved, sold, version."""
        async with self.database.reader() as tx:
            row = await tx.one(_STOCK, id=ids.uuid_of(variant_id))
        assert row is not None
        return tuple(row.values())

    async def events(self, key: str) -> list[Any]:
        """The messages announced under this key, with their versions as ``(version, message)``."""
        async with self.database.reader() as tx:
            rows = await tx.all(_EVENTS, key=key)
        return [(row["version"], _message(row["type"], row["payload"])) for row in rows]

    async def changes(self, variant_id: str) -> list[Any]:
        """The record of the variant's stock: (reason, order id as UUID, free)."""
        async with self.database.reader() as tx:
            return [tuple(row.values()) for row in await tx.all(_CHANGES, id=ids.uuid_of(variant_id))]


def _message(name: str, payload: bytes) -> Message:
    return symbol_database.Default().GetSymbol(name).FromString(payload)


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    return new_database(Path(main.__file__).parent / "migrations")


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return Settings(database_url=SecretStr(database_url), database_pool_size=24)


@pytest.fixture(scope="session")
async def catalog(settings: Settings) -> AsyncIterator[Catalog]:
    async with Database(settings) as database:
        outgoing = Outgoing(Outbox("catalog"), product_to_proto)
        yield Catalog(
            database,
            ProductRepository(database, outgoing, database),
            CategoryRepository(database, database),
            StockRepository(database, outgoing),
            PriceReader(database),
        )


@pytest.fixture(scope="session")
async def api(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with running(database_url, tmp_path_factory.mktemp("tls")) as made:
        yield made


def titled(product: Product, title: str) -> Product:
    """The product under another title, one version on."""
    changed = replace(product.details, title=title)
    return rules.update(product, changed, product.variants, NOW + timedelta(minutes=1), new_variant)
