"""Variants as they can be bought now."""

from dataclasses import dataclass

from services.chassis.money import Money


@dataclass(frozen=True, slots=True)
class PricedVariant:
    """A variant that is on sale in a currency; ``free`` units can be bought now."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    image_url: str
    unit_price: Money
    free: int
