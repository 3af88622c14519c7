"""Amounts of an order and of its lines: the one place where their invariants and the allocation live."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.money import Money


@dataclass(frozen=True, slots=True)
class Item:
    """A variant at today's price, before it becomes an order line."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    image_url: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Line:
    """A line as bought; total = subtotal - discount, plus tax where prices do not include it."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    image_url: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's amounts; total = subtotal - discount + shipping, plus tax where prices do not include it."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    prices_include_tax: bool


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What changes an order's price beside its lines; all in the order's currency, none negative."""

    discount: Money
    shipping: Money
    tax: Money
    prices_include_tax: bool = True

    @staticmethod
    def none(currency: str) -> "Adjustments":
        """No discount, free delivery, tax not told apart: what every order has today."""
        zero = Money.zero(currency)
        return Adjustments(discount=zero, shipping=zero, tax=zero)


def allocate(amount: Money, weights: Sequence[int]) -> list[Money]:
    """Splits `amount` (>= 0) over `weights` (>= 0) so that the parts add up exactly.

    Largest remainder (Hamilton): every part is its exact share rounded down, and the units left over go to the largest
    remainders, earlier parts first. Weights that are all zero count as equal.
    """
    if not weights:
        raise ValueError("nothing to allocate to")
    shares = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [amount.amount * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: -(amount.amount * shares[i] % whole))
    for i in by_remainder[: amount.amount - sum(parts)]:
        parts[i] += 1
    return [Money(part, amount.currency) for part in parts]


def price(items: Sequence[Item], adjustments: Adjustments) -> tuple[tuple[Line, ...], Totals]:
    """Makes lines and totals of at least one item; ValueError where the discount exceeds the subtotal or currencies mix."""
    subtotals = [item.unit_price * item.quantity for item in items]
    subtotal = _sum(subtotals, adjustments.discount.currency)
    if adjustments.discount > subtotal:
        raise ValueError("the discount exceeds the subtotal")
    discounts = allocate(adjustments.discount, [part.amount for part in subtotals])
    taxes = allocate(
        adjustments.tax, [part.amount - off.amount for part, off in zip(subtotals, discounts, strict=True)]
    )
    lines = tuple(
        _line(item, discount, tax, adjustments.prices_include_tax)
        for item, discount, tax in zip(items, discounts, taxes, strict=True)
    )
    totals = _totals(subtotal, adjustments)
    check(lines, totals)
    return lines, totals


def check(lines: Sequence[Line], totals: Totals) -> None:
    """Raises ValueError unless lines and totals agree to the minor unit and share one currency."""
    zero = Money.zero(totals.total.currency)
    by_part = {
        "subtotal": [line.subtotal for line in lines],
        "discount": [line.discount for line in lines],
        "tax": [line.tax for line in lines],
    }
    for part, amounts in by_part.items():
        if _sum(amounts, zero.currency) != getattr(totals, part):
            raise ValueError(f"the lines do not add up to the order's {part}")
    if _sum([line.total for line in lines], zero.currency) + totals.shipping != totals.total:
        raise ValueError("the lines and shipping do not add up to the order's total")
    if totals.total < zero or totals.shipping < zero:
        raise ValueError("an amount is negative")
    if any(_contradicts_itself(line, totals.prices_include_tax) for line in lines):
        raise ValueError("a line contradicts itself")


def _contradicts_itself(line: Line, tax_included: bool) -> bool:
    zero = Money.zero(line.total.currency)
    return (
        line.unit_price * line.quantity != line.subtotal
        or _due(line.subtotal - line.discount, line.tax, tax_included) != line.total
        or min(line.discount, line.tax, line.total) < zero
    )


def _line(item: Item, discount: Money, tax: Money, tax_included: bool) -> Line:
    subtotal = item.unit_price * item.quantity
    return Line(
        variant_id=item.variant_id,
        product_id=item.product_id,
        sku=item.sku,
        title=item.title,
        variant_title=item.variant_title,
        image_url=item.image_url,
        quantity=item.quantity,
        unit_price=item.unit_price,
        subtotal=subtotal,
        discount=discount,
        tax=tax,
        total=_due(subtotal - discount, tax, tax_included),
    )


def _totals(subtotal: Money, adjustments: Adjustments) -> Totals:
    net = subtotal - adjustments.discount + adjustments.shipping
    return Totals(
        subtotal=subtotal,
        discount=adjustments.discount,
        shipping=adjustments.shipping,
        tax=adjustments.tax,
        total=_due(net, adjustments.tax, adjustments.prices_include_tax),
        prices_include_tax=adjustments.prices_include_tax,
    )


def _due(amount: Money, tax: Money, tax_included: bool) -> Money:
    return amount if tax_included else amount + tax


def _sum(amounts: Sequence[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))
