"""The demo shop as the REST API's JSON: what ``generate`` prints and ``seed`` sends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.numbers import get_currency_precision

from deploy.local.shop.generator import DemoProduct, DemoVariant, Picture

Json = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where pictures are written (``media_dir``; None writes none) and read (``media_url``), and the shop's currency."""

    media_url: str
    media_dir: Path | None
    currency: str
    _drawn: set[str] = field(default_factory=set)

    def url(self, picture: Picture) -> str:
        return f"{self.media_url.rstrip('/')}/{picture.file_name}"

    def draw(self, product: DemoProduct) -> None:
        """Writes the product's pictures, those that it shares with products before it once only."""
        if self.media_dir is None:
            return
        for picture in product.pictures:
            file = self.media_dir / picture.file_name
            if file.name not in self._drawn:
                self._drawn.add(file.name)
                unfinished = file.with_suffix(".part")
                unfinished.write_text(picture.svg(), encoding="utf-8")
                unfinished.replace(file)


def product_document(product: DemoProduct, place: Place, category_id: str) -> Json:
    """The body of CreateProduct."""
    return {
        "slug": product.slug,
        "title": product.title,
        "shortDescription": product.short_description,
        "description": product.description,
        "imageUrls": [place.url(picture) for picture in product.pictures],
        "categoryId": category_id,
        "options": [{"name": name, "values": list(values)} for name, values in product.options],
        "variants": [_variant(variant, place.currency) for variant in product.variants],
    }


def _variant(variant: DemoVariant, currency: str) -> Json:
    return {
        "sku": variant.sku,
        "optionValues": [{"name": name, "value": value} for name, value in variant.option_values],
        "prices": [_money(variant.price, currency)],
        "initialStock": str(variant.stock),
    }


def _money(cents: int, currency: str) -> Json:
    """Hundredths as google.type.Money, rounded up to whole units where the currency has no smaller ones."""
    if get_currency_precision(currency) == 0:
        return {"currencyCode": currency, "units": str(-(-cents // 100))}
    return {"currencyCode": currency, "units": str(cents // 100), "nanos": cents % 100 * 10_000_000}


def documents(products: Iterator[DemoProduct], place: Place) -> Iterator[Json]:
    """The bodies with the category's slug in place of its id; draws the pictures on the way."""
    for product in products:
        place.draw(product)
        yield product_document(product, place, product.category)
