"""Lines of an order as far as a payment needs them, and what a unit of each is worth when it is given back."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.money import Money
from services.payment.domain.provider_money import step


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line as bought; `total` is what it cost in the end, and the variant is in no other line of the order."""

    variant_id: str
    title: str
    variant_title: str
    quantity: int
    total: Money


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Units of a line that were given back, and what for."""

    variant_id: str
    quantity: int
    amount: Money


def units_left(line: PaidLine, refunded: Sequence[RefundLine]) -> int:
    """How many of its units were not given back yet."""
    return line.quantity - sum(each.quantity for each in refunded if each.variant_id == line.variant_id)


def worth(line: PaidLine, quantity: int, refunded: Sequence[RefundLine]) -> Money:
    """What the next `quantity` units give back, `refunded` having gone before; at most `units_left`.

    Largest remainder over equal units: each is worth its share rounded down, the first ones a step more, until nothing is
    left over. So all units together are worth the line's total, in whatever portions they go and come back. Less than the
    provider's smallest amount cannot go back by line: it goes with all of the payment.
    """
    smallest = step(line.total.currency)
    share, larger = divmod(line.total.amount // smallest, line.quantity)
    for each in refunded:
        if each.variant_id == line.variant_id:
            larger -= each.amount.amount // smallest - share * each.quantity
    return Money((share * quantity + min(quantity, larger)) * smallest, line.total.currency)
