"""What the catalog last said of products, as far as a cart shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.chassis.money import Money


@dataclass(frozen=True, slots=True)
class VariantCopy:
    """A variant; ``title`` are its option values, ``prices`` minor units by currency."""

    sku: str
    title: str
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProductCopy:
    """A whole product as of ``sequence``, text that sorts as the product's history."""

    id: str
    sequence: str
    title: str
    image_url: str
    on_sale: bool
    variants: Mapping[str, VariantCopy]


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as shown in a cart; without a price it cannot be bought."""

    variant_id: str
    product_id: str
    sku: str = ""
    title: str = ""
    variant_title: str = ""
    image_url: str = ""
    unit_price: Money | None = None


def offer_of(product: ProductCopy, variant_id: str, currency: str) -> Offer | None:
    """The offer of a variant in one currency; None where the copy does not know the variant."""
    variant = product.variants.get(variant_id)
    if variant is None:
        return None
    price = variant.prices.get(currency) if product.on_sale else None
    return Offer(
        variant_id=variant_id,
        product_id=product.id,
        sku=variant.sku,
        title=product.title,
        variant_title=variant.title,
        image_url=product.image_url,
        unit_price=None if price is None else Money(price, currency),
    )
