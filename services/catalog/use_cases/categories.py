"""Reading and growing the tree of categories."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.domain.categories import Category
from services.catalog.ports import Categories
from services.chassis import ids
from services.chassis.clock import Clock


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """Some categories, and whether there are more behind them."""

    categories: Sequence[Category]
    more: bool


class CategoryUseCases:
    """Reading and growing the tree of categories."""

    def __init__(self, categories: Categories, clock: Clock) -> None:
        self._categories = categories
        self._clock = clock

    async def page(self, after: str | None, size: int) -> CategoryPage:
        """The ``size`` categories behind ``after``, oldest first."""
        found = await self._categories.page(after, size + 1)
        return CategoryPage(found[:size], len(found) > size)

    async def create(self, slug: str, title: str, parent_id: str) -> Category:
        """A new category; SLUG_TAKEN, CATEGORY_UNKNOWN for the parent."""
        category = Category(ids.new("cat"), slug, title, parent_id, self._clock())
        await self._categories.create(category)
        return category
