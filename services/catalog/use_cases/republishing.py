"""Telling every product again, so that copies elsewhere can be rebuilt."""

from services.catalog.ports import Products

BATCH = 200


async def republish(products: Products) -> int:
    """Announces every product again, each at the version it has; how many there are."""
    count = 0
    after: str | None = None
    while told := await products.republish(after, BATCH):
        after = told[-1]
        count += len(told)
    return count
