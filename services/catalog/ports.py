"""What catalog's use cases need of the world."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.catalog.domain.categories import Category
from services.catalog.domain.pricing import PricedVariant
from services.catalog.domain.products import Product, StockedProduct
from services.catalog.domain.stock import ReservationState, StockLevel, StockLine


class Products(Protocol):
    """Products with their variants and prices. Whatever changes one announces it in the same transaction."""

    async def get(self, product_id: str) -> StockedProduct | None: ...

    async def by_slug(self, slug: str) -> StockedProduct | None: ...

    async def many(self, product_ids: Sequence[str]) -> Sequence[StockedProduct]:
        """Those that exist, in no order."""

    async def page(
        self, after: str | None, count: int, *, category_id: str = "", archived: bool = False
    ) -> Sequence[StockedProduct]:
        """At most ``count`` products older than the one with the id ``after``, newest first."""

    async def create(self, product: Product) -> StockedProduct:
        """Stores a new product and its first stock; AlreadyExists SLUG_TAKEN or SKU_TAKEN, or CATEGORY_UNKNOWN."""

    async def update(self, product_id: str, change: Callable[[Product], Product]) -> StockedProduct | None:
        """Locks the product, stores what ``change`` returns, refuses as ``create`` does; None where it is unknown."""

    async def republish(self, after: str | None, count: int) -> Sequence[str]:
        """Announces the next ``count`` products behind the id ``after`` again; their ids in order, none at the end."""


class Categories(Protocol):
    """The tree of categories."""

    async def create(self, category: Category) -> None:
        """Stores a new category; AlreadyExists SLUG_TAKEN, FailedPrecondition CATEGORY_UNKNOWN for the parent."""

    async def page(self, after: str | None, count: int) -> Sequence[Category]:
        """At most ``count`` categories that are younger than the one with the id ``after``, oldest first."""


class Prices(Protocol):
    """What can be bought at which price."""

    async def of(self, variant_ids: Sequence[str], currency: str) -> Sequence[PricedVariant]:
        """Those that can be bought in the currency, in no order."""


class Stock(Protocol):
    """Stock and reservations. Each change announces the stock of each variant in the same transaction."""

    async def adjust(self, variant_id: str, delta: int, reason: str, now: datetime) -> StockLevel | None:
        """Changes received and free; INSUFFICIENT_STOCK where too few are free; None where the variant is unknown."""

    async def reserve(
        self, order_id: str, lines: Sequence[StockLine], expire_time: datetime, now: datetime
    ) -> ReservationState:
        """Holds all lines, or extends what the order holds; INSUFFICIENT_STOCK or RESERVATION_RELEASED changes nothing."""

    async def sell(self, order_id: str, now: datetime) -> ReservationState:
        """Sells what is reserved, or from free stock where it lapsed; INSUFFICIENT_STOCK changes nothing."""

    async def release(self, order_id: str, now: datetime) -> ReservationState:
        """Gives everything back and leaves RELEASED, also for an unknown order."""

    async def lapse_next(self, now: datetime) -> str | None:
        """Lapses one reservation whose time is over; its order id, None where there is none."""
