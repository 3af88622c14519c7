"""Copies of products in Valkey.

| key | value |
|---|---|
| ``product:{<product id>}`` | hash: sequence, title, image_url, on_sale, and a JSON text for each variant id |
| ``variant:{<variant id>}`` | the id of its product, for good |
"""

import json
from collections.abc import Iterable

from redis.asyncio import Redis

from services.cart.adapters.valkey import script, text
from services.cart.domain.products import Offer, ProductCopy, VariantCopy, offer_of

_SHARED = ("sequence", "title", "image_url", "on_sale")


class ValkeyProducts:
    """The port ``Products``; offers are in ``currency``."""

    def __init__(self, valkey: Redis, currency: str) -> None:
        self._valkey = valkey
        self._currency = currency
        self._put = script(valkey, "put_product")

    async def put(self, product: ProductCopy) -> bool:
        """Store a copy, unless the stored one is newer; whether it was."""
        # Before the product, so that a variant is never found without its product; they say the same for ever.
        async with self._valkey.pipeline(transaction=False) as pipeline:
            for variant_id in product.variants:
                pipeline.set(_variant_key(variant_id), product.id)
            await pipeline.execute()
        return bool(await self._put(keys=[_product_key(product.id)], args=_fields(product)))

    async def product_of(self, variant_id: str) -> str | None:
        """The id of a variant's product."""
        return text(await self._valkey.get(_variant_key(variant_id))) or None

    async def offers(self, wanted: Iterable[tuple[str, str]]) -> dict[str, Offer]:
        """Offers by variant id, of (variant id, product id); those without a copy are absent."""
        pairs = list(wanted)
        async with self._valkey.pipeline(transaction=False) as pipeline:
            for variant_id, product_id in pairs:
                pipeline.hmget(_product_key(product_id), [*_SHARED, variant_id])
            rows = await pipeline.execute()
        copies = ((pair[0], _copy(pair, row)) for pair, row in zip(pairs, rows, strict=True))
        offers = ((variant_id, offer_of(copy, variant_id, self._currency)) for variant_id, copy in copies if copy)
        return {variant_id: offer for variant_id, offer in offers if offer}


def _product_key(product_id: str) -> str:
    return f"product:{{{product_id}}}"


def _variant_key(variant_id: str) -> str:
    return f"variant:{{{variant_id}}}"


def _fields(product: ProductCopy) -> list[str]:
    """The script's arguments: the sequence, then names and values."""
    fields = {"title": product.title, "image_url": product.image_url, "on_sale": "1" if product.on_sale else ""}
    for variant_id, variant in product.variants.items():
        fields[variant_id] = json.dumps([variant.sku, variant.title, dict(variant.prices)], separators=(",", ":"))
    return [product.sequence, *(part for field in fields.items() for part in field)]


def _copy(wanted: tuple[str, str], row: list[str | None]) -> ProductCopy | None:
    variant_id, product_id = wanted
    sequence, title, image_url, on_sale, stored = row
    if sequence is None or stored is None:
        return None
    variant = VariantCopy(*json.loads(stored))
    return ProductCopy(product_id, sequence, title or "", image_url or "", bool(on_sale), {variant_id: variant})
