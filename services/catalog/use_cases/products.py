"""Reading and changing products."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.domain import products as rules
from services.catalog.domain.products import Changes, Details, Product, StockedProduct, Variant
from services.catalog.ports import Products
from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.errors import NotFound


@dataclass(frozen=True, slots=True)
class Page:
    """Some products, and whether there are more behind them."""

    products: Sequence[StockedProduct]
    more: bool


class ProductUseCases:
    """Reading and changing products."""

    def __init__(self, products: Products, clock: Clock) -> None:
        self._products = products
        self._clock = clock

    async def get(self, product_id: str) -> StockedProduct:
        """The product, also an archived one; NotFound."""
        return _found(await self._products.get(product_id), product_id)

    async def by_slug(self, slug: str) -> StockedProduct:
        """The product with this slug; NotFound."""
        return _found(await self._products.by_slug(slug), slug)

    async def many(self, product_ids: Sequence[str]) -> list[StockedProduct]:
        """The products in the order asked for; NotFound names the first unknown id."""
        by_id = {stocked.product.id: stocked for stocked in await self._products.many(product_ids)}
        return [_found(by_id.get(each), each) for each in product_ids]

    async def page(self, after: str | None, size: int, category_id: str, archived: bool) -> Page:
        """The ``size`` products behind ``after``, newest first, of a category and those below it, or of all."""
        found = await self._products.page(after, size + 1, category_id=category_id, archived=archived)
        return Page(found[:size], len(found) > size)

    async def create(self, details: Details, variants: Sequence[Variant]) -> StockedProduct:
        """A new product on sale."""
        return await self._products.create(
            rules.create(ids.new("prod"), details, variants, self._clock(), _new_variant)
        )

    async def update(self, product_id: str, changes: Changes) -> StockedProduct:
        """The product with the changes; NotFound, PRODUCT_CHANGED, PRODUCT_ARCHIVED."""

        def change(product: Product) -> Product:
            return rules.apply(product, changes, self._clock(), _new_variant)

        return _found(await self._products.update(product_id, change), product_id)

    async def archive(self, product_id: str) -> StockedProduct:
        """The product off sale; NotFound."""
        changed = await self._products.update(product_id, lambda product: rules.archive(product, self._clock()))
        return _found(changed, product_id)


def _new_variant() -> str:
    return ids.new("var")


def _found(product: StockedProduct | None, key: str) -> StockedProduct:
    if product is None:
        raise NotFound("product", key)
    return product
