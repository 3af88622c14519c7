"""Prices and free stock of variants in PostgreSQL, for placing orders."""

from collections.abc import Sequence

from services.catalog.domain.pricing import PricedVariant
from services.catalog.domain.products import Variant
from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.money import Money

_PRICED = query(
    """select v.id, v.product_id, v.sku, v.option_values, p.title, p.image_urls[1] as image_url, r.amount, s.free
       from variants v
       join products p on p.id = v.product_id and p.state = 'ACTIVE'
       join prices r on r.variant_id = v.id and r.currency = %(currency)s
       join stock s on s.variant_id = v.id
       where v.id = any(%(ids)s) and not v.withdrawn"""
)


class PriceReader:
    """Implements ``ports.Prices``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, variant_ids: Sequence[str], currency: str) -> Sequence[PricedVariant]:
        async with self._database.reader() as tx:
            found = await tx.all(_PRICED, ids=[ids.uuid_of(each) for each in variant_ids], currency=currency)
        return [_priced(row, currency) for row in found]


def _priced(row: Row, currency: str) -> PricedVariant:
    variant = Variant(ids.text("var", row["id"]), row["sku"], dict(row["option_values"]))
    return PricedVariant(
        variant_id=variant.id,
        product_id=ids.text("prod", row["product_id"]),
        sku=variant.sku,
        title=row["title"],
        variant_title=variant.title,
        image_url=row["image_url"] or "",
        unit_price=Money(row["amount"], currency),
        free=row["free"],
    )
