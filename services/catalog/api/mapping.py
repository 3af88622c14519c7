"""Contract messages to domain objects and back."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from shopmesh.catalog.v1 import catalog_internal_service_pb2 as internal
from shopmesh.catalog.v1 import category_pb2, product_pb2

from services.catalog.domain.categories import Category
from services.catalog.domain.pricing import PricedVariant
from services.catalog.domain.products import (
    Changes,
    Details,
    FreeStock,
    Option,
    Product,
    ProductState,
    StockedProduct,
    Variant,
)
from services.catalog.domain.stock import StockLine
from services.chassis import ids
from services.chassis.errors import FieldViolation, InvalidArgument, invalid_field
from services.chassis.protos import money_from_proto, money_to_proto, timestamp
from services.chassis.validation import validate

_STATES = {
    ProductState.ACTIVE: product_pb2.PRODUCT_STATE_ACTIVE,
    ProductState.ARCHIVED: product_pb2.PRODUCT_STATE_ARCHIVED,
}
_NO_STOCK: Mapping[str, FreeStock] = {}


def product_to_proto(product: Product, stock: Mapping[str, FreeStock] = _NO_STOCK) -> product_pb2.Product:
    """The product with its variants on sale; without ``stock``, as events carry it, each variant's stock is 0."""
    details = product.details
    return product_pb2.Product(
        id=product.id,
        slug=details.slug,
        title=details.title,
        short_description=details.short_description,
        description=details.description,
        image_urls=details.image_urls,
        category_id=details.category_id,
        options=[product_pb2.ProductOption(name=o.name, values=o.values) for o in details.options],
        variants=[_variant_to_proto(variant, stock.get(variant.id)) for variant in product.variants],
        state=_STATES[product.state],
        etag=product.etag,
        create_time=timestamp(product.create_time),
        update_time=timestamp(product.update_time),
    )


def stocked_to_proto(stocked: StockedProduct) -> product_pb2.Product:
    """The product with the free stock of its variants."""
    return product_to_proto(stocked.product, stocked.stock)


def _variant_to_proto(variant: Variant, stock: FreeStock | None) -> product_pb2.Variant:
    return product_pb2.Variant(
        id=variant.id,
        sku=variant.sku,
        option_values=[product_pb2.OptionValue(name=n, value=v) for n, v in variant.option_values.items()],
        prices=[money_to_proto(price) for price in variant.prices],
        stock=stock.units if stock else 0,
    )


_SCALARS = ("slug", "title", "short_description", "description", "category_id")
_READ: dict[str, Callable[[product_pb2.Product], Any]] = {
    **{name: attrgetter(name) for name in _SCALARS},
    "image_urls": lambda proto: tuple(proto.image_urls),
    "options": lambda proto: tuple(Option(option.name, tuple(option.values)) for option in proto.options),
}
CHANGEABLE = (*_READ, "variants")


def details_from_proto(proto: product_pb2.Product) -> Details:
    """What a product to create says of itself."""
    return Details(**{name: read(proto) for name, read in _READ.items()})


def variants_from_proto(proto: product_pb2.Product) -> tuple[Variant, ...]:
    """The variants; new ones have no id yet. InvalidArgument where an option or a price is malformed."""
    return tuple(
        Variant(
            id=variant.id,
            sku=variant.sku,
            option_values=_option_values(variant, f"product.variants[{index}].option_values"),
            prices=tuple(
                money_from_proto(price, f"product.variants[{index}].prices[{position}]")
                for position, price in enumerate(variant.prices)
            ),
            initial_stock=variant.initial_stock,
        )
        for index, variant in enumerate(proto.variants)
    )


def _option_values(variant: product_pb2.Variant, path: str) -> dict[str, str]:
    values = {option.name: option.value for option in variant.option_values}
    if len(values) < len(variant.option_values):
        raise invalid_field(path, "holds two values for one option")
    return values


def new_variants_from_proto(proto: product_pb2.Product) -> tuple[Variant, ...]:
    """The variants of a product to create; ids are made here: InvalidArgument names those that were given."""
    _refuse(
        [
            FieldViolation(f"product.variants[{index}].id", "is made by the server")
            for index, variant in enumerate(proto.variants)
            if variant.id
        ]
    )
    return variants_from_proto(proto)


def changes_from_proto(proto: product_pb2.Product, mask: Sequence[str]) -> Changes:
    """What an update changes: the fields of the mask, or without one those that are populated."""
    unknown = [path for path in mask if path not in CHANGEABLE]
    if unknown:
        raise invalid_field("update_mask", f"names {', '.join(unknown)}: not a field that can be changed")
    paths = set(mask) or {field.name for field, _ in proto.ListFields()} & set(CHANGEABLE)
    _validate_masked(proto, paths)
    return Changes(
        details={name: read(proto) for name, read in _READ.items() if name in paths},
        variants=variants_from_proto(proto) if "variants" in paths else None,
        etag=proto.etag,
    )


def _validate_masked(proto: product_pb2.Product, paths: set[str]) -> None:
    """The contract's rules for the fields that are to change, and no others."""
    try:
        validate(proto)
    except InvalidArgument as error:
        _refuse([FieldViolation(f"product.{f.field}", f.description) for f in error.fields if _top(f.field) in paths])


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _refuse(faults: Sequence[FieldViolation]) -> None:
    if faults:
        raise InvalidArgument("wrong: " + ", ".join(fault.field for fault in faults), fields=faults)


def checked_id(prefix: str, id: str, field: str) -> str:
    """The id, where the contract's own validation does not look; InvalidArgument names ``field``."""
    try:
        ids.uuid_of(id)
    except ValueError as error:
        raise invalid_field(field, f"must be an id ({prefix}_...)") from error
    if not id.startswith(f"{prefix}_"):
        raise invalid_field(field, f"must be an id ({prefix}_...)")
    return id


def category_to_proto(category: Category) -> category_pb2.Category:
    return category_pb2.Category(
        id=category.id,
        slug=category.slug,
        title=category.title,
        parent_id=category.parent_id,
        create_time=timestamp(category.create_time),
    )


def priced_to_proto(variant: PricedVariant) -> internal.PricedVariant:
    return internal.PricedVariant(
        variant_id=variant.variant_id,
        product_id=variant.product_id,
        sku=variant.sku,
        title=variant.title,
        variant_title=variant.variant_title,
        image_url=variant.image_url,
        unit_price=money_to_proto(variant.unit_price),
        free=variant.free,
    )


def lines_from_proto(lines: Sequence[internal.StockLine]) -> list[StockLine]:
    return [StockLine(line.variant_id, line.quantity) for line in lines]
