"""Rows to products and back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.catalog.domain.products import (
    Details,
    FreeStock,
    Option,
    Product,
    ProductState,
    StockedProduct,
    Variant,
)
from services.chassis import ids
from services.chassis.database import Row
from services.chassis.money import Money

# One row per product. JSON is built and parsed faster than product columns repeated on a row for each price.
SELECT = """
    select p.id, p.slug, p.title, p.short_description, p.description, p.image_urls, p.category_id, p.options, p.state,
           p.version, p.create_time, p.update_time,
           (select json_agg(json_build_array(
                       v.id, v.sku, v.option_values, s.free, s.version, v.withdrawn,
                       (select json_agg(json_build_array(r.amount, r.currency) order by r.currency)
                        from prices r where r.variant_id = v.id)) order by v.position, v.id)
            from variants v join stock s on s.variant_id = v.id
            where v.product_id = p.id {and_variant}) as variants
    from products p"""
ON_SALE = SELECT.format(and_variant="and not v.withdrawn")
WITH_WITHDRAWN = SELECT.format(and_variant="")


def optional_id(id: str) -> UUID | None:
    """The UUID of an id; None of an empty one."""
    return ids.uuid_of(id) if id else None


def product_of(row: Row) -> StockedProduct:
    """The product of a row of ``SELECT``, with the free stock of all its variants."""
    variants: list[Variant] = []
    withdrawn: list[Variant] = []
    stock: dict[str, FreeStock] = {}
    for uuid, sku, option_values, free, version, gone, prices in row["variants"] or ():
        priced = tuple(Money(*price) for price in prices or ())
        variant = Variant(ids.text("var", UUID(uuid)), sku, dict(option_values), priced)
        (withdrawn if gone else variants).append(variant)
        stock[variant.id] = FreeStock(free, version)
    product = Product(
        id=ids.text("prod", row["id"]),
        details=_details_of(row),
        variants=tuple(variants),
        state=ProductState(row["state"]),
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
        withdrawn=tuple(withdrawn),
    )
    return StockedProduct(product, stock)


def _details_of(row: Row) -> Details:
    return Details(
        slug=row["slug"],
        title=row["title"],
        short_description=row["short_description"],
        description=row["description"],
        image_urls=tuple(row["image_urls"]),
        category_id=ids.text("cat", row["category_id"]) if row["category_id"] else "",
        options=tuple(Option(name, tuple(values)) for name, values in row["options"]),
    )


def product_columns(product: Product) -> dict[str, Any]:
    """The columns of ``products``; ``options`` as plain lists."""
    details = product.details
    return {
        "id": ids.uuid_of(product.id),
        "slug": details.slug,
        "title": details.title,
        "short_description": details.short_description,
        "description": details.description,
        "image_urls": list(details.image_urls),
        "category_id": optional_id(details.category_id),
        "options": [[option.name, option.values] for option in details.options],
        "state": product.state,
        "version": product.version,
        "create_time": product.create_time,
        "update_time": product.update_time,
    }


def variant_rows(product: Product) -> list[dict[str, Any]]:
    """The rows of ``variants`` as JSON, those on sale first."""
    rows = []
    for position, variant in enumerate((*product.variants, *product.withdrawn)):
        rows.append(
            {
                "id": str(ids.uuid_of(variant.id)),
                "position": position,
                "sku": variant.sku,
                "option_values": list(variant.option_values.items()),
                "withdrawn": position >= len(product.variants),
                "initial_stock": variant.initial_stock,
            }
        )
    return rows


def price_rows(product: Product) -> Iterator[dict[str, Any]]:
    """The rows of ``prices`` as JSON."""
    for variant in (*product.variants, *product.withdrawn):
        for price in variant.prices:
            yield {
                "variant_id": str(ids.uuid_of(variant.id)),
                "currency": price.currency,
                "amount": price.amount,
            }
