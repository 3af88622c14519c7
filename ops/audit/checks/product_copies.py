"""Cart's copies of products in Valkey against catalog's rows."""

import json
from collections.abc import AsyncIterator

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores
from services.catalog.adapters import rows as products
from services.catalog.domain.products import Product, ProductState
from services.chassis import ids
from services.chassis.database import query

_INCARNATION = query("select incarnation from chassis_state")
_PAGE = query(f"{products.ON_SALE} where p.id > %(after)s order by p.id limit %(count)s")


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async for rows in stores.pages("catalog", _PAGE, "id"):
        tally.saw(len(rows))
        async with stores.valkey.pipeline(transaction=False) as pipeline:
            for row in rows:
                pipeline.hgetall(f"product:{{{ids.text('prod', row['id'])}}}")
            copies = await pipeline.execute()
        for row, copy in zip(rows, copies, strict=True):
            product = products.product_of(row).product
            if wrong := differences(product, copy):
                yield Finding(product.id, f"cart's copy {wrong}", product.update_time)


def differences(product: Product, copy: dict[str, str]) -> str:
    """Where a copy is not what the product's newest event made of it; empty where nowhere."""
    if not copy:
        return "is missing"
    wanted = copy_of(product)
    version = int(copy["sequence"].rpartition(".")[2])
    names = [name for name in sorted(wanted.keys() | copy.keys() - {"sequence"}) if wanted.get(name) != copy.get(name)]
    behind = f"is of version {version}, the product at {product.version}" if version != product.version else ""
    return "; ".join(filter(None, [behind, f"differs in {', '.join(names)}" if names else ""]))


def copy_of(product: Product) -> dict[str, str]:
    """The fields of a copy, without its sequence."""
    images = product.details.image_urls
    fields = {
        "title": product.details.title,
        "image_url": images[0] if images else "",
        "on_sale": "1" if product.state is ProductState.ACTIVE else "",
    }
    for variant in product.variants:
        prices = {price.currency: price.amount for price in variant.prices}
        title = " / ".join(variant.option_values.values())
        fields[variant.id] = json.dumps([variant.sku, title, prices], separators=(",", ":"))
    return fields


CHECK = Check("product_copies", "cart's copy of each product is the product", _look)
