"""Cart over a real Valkey."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from deploy.local import addresses
from deploy.local.stack import Stack
from services.cart.adapters.carts import ValkeyCarts
from services.cart.adapters.products import ValkeyProducts
from services.cart.adapters.valkey import connect
from services.cart.domain.carts import Cart, Line, Lives
from services.cart.domain.products import Offer, ProductCopy, VariantCopy
from services.cart.use_cases import CartUseCases, Catalog
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.errors import Unavailable
from services.chassis.money import Money
from services.chassis.requests import RequestKey

LIVES = Lives(timedelta(days=30), timedelta(days=365), timedelta(days=31))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def a_cart(*lines: Line, owner: str = "", cart_id: str = "cart_1") -> Cart:
    return Cart(cart_id, owner, lines, NOW, NOW + LIVES.of(owner))


def a_line(variant: str = "var_1", quantity: int = 1) -> Line:
    return Line(variant, f"prod_of_{variant}", quantity)


def a_request(body: bytes = b"body") -> RequestKey:
    return RequestKey("scope", "/shopmesh.cart.v1.CartService/AddItem", uuid4(), body)


def a_product(price: int = 1999, sequence: str = "000001.000000000001", on_sale: bool = True) -> ProductCopy:
    """A product that no other test knows, with one variant."""
    variant = VariantCopy(f"SKU-{ids.new('x')}", "Blue / L", {"EUR": price})
    return ProductCopy(
        ids.new("prod"), sequence, "Linen shirt", "https://x.test/1.jpg", on_sale, {ids.new("var"): variant}
    )


def variant_of(product: ProductCopy) -> str:
    return next(iter(product.variants))


class FakePrices:
    """The catalog, as far as cart asks it."""

    def __init__(self) -> None:
        self.known: dict[str, Offer] = {}
        self.asked: list[str] = []
        self.away = False

    async def offers(self, variant_ids: Sequence[str]) -> dict[str, Offer]:
        self.asked += variant_ids
        if self.away:
            raise Unavailable("catalog is away")
        return {variant: self.known[variant] for variant in variant_ids if variant in self.known}

    def sell(self) -> str:
        """Puts a new variant on sale, which no copy knows."""
        variant_id = ids.new("var")
        self.known[variant_id] = Offer(variant_id, ids.new("prod"), "SKU", "Mug", "", "", unit_price=Money(500, "EUR"))
        return variant_id


@pytest.fixture(scope="session")
def valkey_url(stack: Stack) -> str:
    stack.up(only={"valkey"})
    return addresses.valkey(stack.installation)


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url, 64)
    yield client
    await client.aclose()


@pytest.fixture
def store(valkey: Redis) -> ValkeyCarts:
    return ValkeyCarts(valkey, utc_now)


@pytest.fixture
def products(valkey: Redis) -> ValkeyProducts:
    return ValkeyProducts(valkey, "EUR")


@pytest.fixture
def prices() -> FakePrices:
    return FakePrices()


@pytest.fixture
def carts(store: ValkeyCarts, products: ValkeyProducts, prices: FakePrices) -> CartUseCases:
    return CartUseCases(store, Catalog(products, prices), LIVES, b"k" * 32, utc_now)
