"""Products and their variants: what makes one consistent, and how it changes. Stock is an aggregate of its own."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.chassis.errors import Aborted, FailedPrecondition, FieldViolation, InvalidArgument
from services.chassis.money import Money

HIGHEST_PRICE = 10**12
"""Minor units of one unit; a full cart (100 lines of 999 units) then still counts within 64 bits."""


class ProductState(StrEnum):
    """Whether a product can be bought."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Option:
    """Something variants differ in, such as Colour, with the values that occur."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A product in one choice of its options. ``option_values`` maps option names to values, in the options' order.

    ``id`` is empty while a variant is new. ``initial_stock`` counts when the variant is created and never again.
    """

    id: str
    sku: str
    option_values: Mapping[str, str] = field(default_factory=dict)
    prices: tuple[Money, ...] = ()
    initial_stock: int = 0

    @property
    def title(self) -> str:
        """Its option values, such as "Blue / L"; empty where it has none."""
        return " / ".join(self.option_values.values())


@dataclass(frozen=True, slots=True)
class Details:
    """What staff say of a product, its variants aside."""

    slug: str
    title: str
    short_description: str = ""
    description: str = ""
    image_urls: tuple[str, ...] = ()
    category_id: str = ""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A product. ``version`` counts its changes from 1, stock aside.

    ``withdrawn`` are variants that are no longer sold; they stay, because orders of the past point at them.
    """

    id: str
    details: Details
    variants: tuple[Variant, ...]
    state: ProductState
    version: int
    create_time: datetime
    update_time: datetime
    withdrawn: tuple[Variant, ...] = ()

    @property
    def etag(self) -> str:
        """Tells one version of the product from another, stock aside."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class FreeStock:
    """Units of a variant that can be bought, and the version of its stock."""

    units: int
    version: int


@dataclass(frozen=True, slots=True)
class StockedProduct:
    """A product with the free stock of each of its variants, read at one moment."""

    product: Product
    stock: Mapping[str, FreeStock]

    @property
    def etag(self) -> str:
        """Tells any two readings apart that differ: versions only grow, and withdrawing changes the product's."""
        return f"{self.product.version}.{sum(stock.version for stock in self.stock.values())}"


NewId = Callable[[], str]
"""Makes the id of a new variant."""


def create(id: str, details: Details, variants: Sequence[Variant], now: datetime, new_id: NewId) -> Product:
    """A new product on sale; InvalidArgument names every fault."""
    ordered = _checked(details, [replace(variant, id=variant.id or new_id()) for variant in variants])
    return Product(id, details, ordered, ProductState.ACTIVE, version=1, create_time=now, update_time=now)


def update(product: Product, details: Details, variants: Sequence[Variant], now: datetime, new_id: NewId) -> Product:
    """The product with these contents, or itself where they are the same. Variants that are missing are withdrawn.

    A variant is known by its id, or without one by its SKU: a SKU that was withdrawn comes back as the variant it was.
    """
    require_active(product)
    ordered = _checked(details, _identified(product, variants, new_id))
    kept = {variant.id for variant in ordered}
    withdrawn = tuple(v for v in (*product.variants, *product.withdrawn) if v.id not in kept)
    _refuse(list(_withdrawn_faults(ordered, withdrawn)))
    changed = replace(product, details=details, variants=ordered, withdrawn=withdrawn)
    if changed == product:
        return product
    return replace(changed, version=product.version + 1, update_time=now)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update replaces: fields of ``Details`` by name, and the list of variants unless it is None.

    ``etag`` is that of the version the changes were made from; empty where any will do.
    """

    details: Mapping[str, Any]
    variants: tuple[Variant, ...] | None = None
    etag: str = ""


def apply(product: Product, changes: Changes, now: datetime, new_id: NewId) -> Product:
    """The product after the changes; Aborted where they were made from another version."""
    if changes.etag and changes.etag != product.etag:
        raise Aborted("PRODUCT_CHANGED", f"product {product.id} was changed in between: read it again")
    variants = product.variants if changes.variants is None else changes.variants
    return update(product, replace(product.details, **changes.details), variants, now, new_id)


def archive(product: Product, now: datetime) -> Product:
    """The product off sale; an archived one unchanged."""
    if product.state is ProductState.ARCHIVED:
        return product
    return replace(product, state=ProductState.ARCHIVED, version=product.version + 1, update_time=now)


def require_active(product: Product) -> None:
    """Raises FailedPrecondition where the product is archived: archiving is for good."""
    if product.state is ProductState.ARCHIVED:
        raise FailedPrecondition("PRODUCT_ARCHIVED", f"product {product.id} is archived")


def _identified(product: Product, variants: Sequence[Variant], new_id: NewId) -> list[Variant]:
    """The variants with the ids of those they are, or new ids; InvalidArgument names ids that are none of its own."""
    known = {variant.id: variant for variant in (*product.variants, *product.withdrawn)}
    named = {variant.id for variant in variants}
    by_sku = {variant.sku: variant.id for variant in known.values() if variant.id not in named}
    _refuse(
        [
            FieldViolation(f"product.variants[{index}].id", "is no variant of this product")
            for index, variant in enumerate(variants)
            if variant.id and variant.id not in known
        ]
    )
    found = []
    for variant in variants:
        same = variant.id or by_sku.get(variant.sku)
        found.append(replace(variant, id=same, initial_stock=0) if same else replace(variant, id=new_id()))
    return found


def _checked(details: Details, variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The variants, option values in the options' order, prices by currency; InvalidArgument names every fault."""
    _refuse([*_option_faults(details.options), *_variant_faults(details.options, variants)])
    names = [option.name for option in details.options]
    return tuple(
        replace(
            variant,
            option_values={name: variant.option_values[name] for name in names},
            prices=tuple(sorted(variant.prices, key=lambda price: price.currency)),
        )
        for variant in variants
    )


def _refuse(faults: Sequence[FieldViolation]) -> None:
    if faults:
        named = ", ".join(fault.field for fault in faults)
        raise InvalidArgument(f"the product is not consistent: {named}", fields=faults)


def _option_faults(options: Sequence[Option]) -> Iterator[FieldViolation]:
    for index in _repeated([option.name for option in options]):
        yield FieldViolation(f"product.options[{index}].name", "is the name of another option as well")


def _variant_faults(options: Sequence[Option], variants: Sequence[Variant]) -> Iterator[FieldViolation]:
    if not variants:
        yield FieldViolation("product.variants", "must hold at least one variant")
    for name, keys in (("id", [v.id for v in variants]), ("sku", [v.sku for v in variants])):
        for index in _repeated(keys):
            yield FieldViolation(f"product.variants[{index}].{name}", "is that of another variant as well")
    for index in _repeated([frozenset(v.option_values.items()) for v in variants]):
        yield FieldViolation(f"product.variants[{index}].option_values", "are those of another variant as well")
    for index, variant in enumerate(variants):
        yield from _choice_faults(f"product.variants[{index}].option_values", options, variant)
        yield from _price_faults(f"product.variants[{index}].prices", variant)


def _choice_faults(path: str, options: Sequence[Option], variant: Variant) -> Iterator[FieldViolation]:
    """Each option has one value, out of those it lists."""
    values = {option.name: option.values for option in options}
    for name in variant.option_values.keys() - values.keys():
        yield FieldViolation(path, f"names {name!r}, which is no option of the product")
    for name, allowed in values.items():
        if name not in variant.option_values:
            yield FieldViolation(path, f"lacks a value for {name!r}")
        elif variant.option_values[name] not in allowed:
            yield FieldViolation(path, f"has {variant.option_values[name]!r}, which is no value of {name!r}")


def _price_faults(path: str, variant: Variant) -> Iterator[FieldViolation]:
    for index, price in enumerate(variant.prices):
        if not 0 <= price.amount <= HIGHEST_PRICE:
            fault = "is negative" if price.amount < 0 else f"is above {HIGHEST_PRICE} of the smallest unit"
            yield FieldViolation(f"{path}[{index}]", fault)
    for index in _repeated([price.currency for price in variant.prices]):
        yield FieldViolation(f"{path}[{index}].currency_code", "has a price already")


def _withdrawn_faults(variants: Sequence[Variant], withdrawn: Sequence[Variant]) -> Iterator[FieldViolation]:
    """A SKU stays with the variant that orders of the past know by it."""
    skus = {variant.sku for variant in withdrawn}
    for index, variant in enumerate(variants):
        if variant.sku in skus:
            yield FieldViolation(f"product.variants[{index}].sku", "is that of a variant which is withdrawn")


def _repeated(keys: Sequence[object]) -> list[int]:
    """Positions of the keys that were there before."""
    seen: Counter[object] = Counter()
    found = []
    for index, key in enumerate(keys):
        if seen[key]:
            found.append(index)
        seen[key] += 1
    return found
