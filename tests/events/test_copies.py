"""Cart's copy of the products, wiped and told again by catalog, is the one that was lost. (Order's read model, made
anew from the streams: tests/order/test_rebuild.py.)"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis

from deploy.local import addresses
from deploy.local.stack import Stack
from services.cart.adapters.products import ValkeyProducts
from services.cart.adapters.valkey import connect
from services.cart.api.consumers import product_handlers
from services.catalog import main
from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.products import ProductRepository
from services.catalog.api.mapping import product_to_proto
from services.catalog.domain import products as rules
from services.catalog.domain.products import Product
from services.catalog.use_cases.republishing import republish
from services.chassis.consumer import Consumer
from services.chassis.database import Database, query
from services.chassis.effects import DirectEffects
from services.chassis.migrations import migrate_topics
from services.chassis.outbox import Outbox
from services.chassis.relay import Relay
from tests.catalog.conftest import NOW, shirt
from tests.chassis.conftest import postgres_settings
from tests.events.conftest import a_prefix
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
TOPIC = "product-events"
PRODUCTS = 12
_PUBLISH_OLD_AGAIN = query(f"update outbox set publish_time = null where topic = '{TOPIC}' and version = 1")
_LEFT = query("select from outbox where publish_time is null and topic = %(topic)s limit 1")
Copies = dict[str, Any]


@dataclass
class Shops:
    """Catalog's products, and cart's copies of them."""

    database: Database
    products: ProductRepository
    valkey: Redis
    settings: Any

    def consumer(self, group: str) -> Consumer:
        """Cart's consumer."""
        handlers = product_handlers(ValkeyProducts(self.valkey, "EUR"))
        return Consumer(self.settings, group, [TOPIC], handlers, DirectEffects())

    async def copies(self, products: list[Product]) -> Copies:
        """Everything that cart keeps of these products, by key."""
        whole = {f"product:{{{each.id}}}": None for each in products}
        variants = [f"variant:{{{variant.id}}}" for each in products for variant in each.variants]
        found: Copies = {key: await self.valkey.hgetall(key) for key in whole}
        return found | {key: await self.valkey.get(key) for key in variants}

    async def published(self) -> bool:
        async with self.database.reader() as tx:
            return await tx.one(_LEFT, topic=TOPIC) is None

    async def wipe(self, copies: Copies) -> None:
        await self.valkey.delete(*copies)


@pytest.fixture
async def shops(
    kafka: str, stack: Stack, new_database: Callable[[Path | None], str], run_prefix: str
) -> AsyncIterator[Shops]:
    stack.up(only={"valkey"})
    url = new_database(Path(main.__file__).parent / "migrations")
    settings = SimpleNamespace(prefix=a_prefix(run_prefix), kafka_client={"bootstrap.servers": kafka})
    migrate_topics(settings.kafka_client, settings.prefix, 1, {TOPIC: {"partitions": 1, "retention_days": 1}})
    valkey = connect(addresses.valkey(stack.installation), 8)
    async with Database(postgres_settings(url)) as database:
        outgoing = Outgoing(Outbox("catalog"), product_to_proto)
        yield Shops(database, ProductRepository(database, outgoing, database), valkey, settings)
    await valkey.aclose()


async def some_products(shops: Shops) -> list[Product]:
    """New, changed and archived ones, as they are in the end."""
    products = [shirt() for _ in range(PRODUCTS)]
    for number, each in enumerate(products):
        await shops.products.create(each)
        if number % 3:
            await shops.products.update(each.id, lambda now: _retitled(now, "Linen shirt, washed"))
        if number % 4 == 0:
            await shops.products.update(each.id, lambda now: rules.archive(now, NOW))
    return products


def _retitled(product: Product, title: str) -> Product:
    return replace(product, details=replace(product.details, title=title), version=product.version + 1)


async def test_carts_copy_of_the_products_wiped_and_told_again_is_what_it_was(shops: Shops) -> None:
    products = await some_products(shops)
    relay = Relay(shops.settings, shops.database, "catalog")

    async def complete() -> bool:
        copies = await shops.copies(products)
        versions = {each.id: each.version for each in [await _now(shops, one) for one in products]}
        return all(
            int(copies[f"product:{{{key}}}"].get("sequence", "0.0").rpartition(".")[2]) == version
            for key, version in versions.items()
        )

    async with running(relay, shops.consumer("cart")):
        await until(complete, "the copies of all products")
        before = await shops.copies(products)
        await shops.wipe(before)
        assert not any((await shops.copies(products)).values())
        assert await republish(shops.products) == PRODUCTS
        await until(complete, "the copies to be there again")
        assert await shops.copies(products) == before
    async with shops.database.reader() as tx:
        await tx.execute(_PUBLISH_OLD_AGAIN)
    marker = shirt()
    async with running(relay, shops.consumer("cart")):
        await until(lambda: shops.published(), "the old events to be published again")
        await shops.products.create(marker)
        await until(lambda: _has(shops, marker), "all of them to be read")
        assert await shops.copies(products) == before, "an older event has overwritten a newer copy"


async def _now(shops: Shops, product: Product) -> Product:
    stored = await shops.products.get(product.id)
    assert stored is not None
    return stored.product


async def _has(shops: Shops, product: Product) -> bool:
    return bool((await shops.copies([product]))[f"product:{{{product.id}}}"])
