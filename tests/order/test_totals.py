"""Amounts add up to the minor unit, however they are split."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.money import Money
from services.order.domain.totals import Adjustments, Item, allocate, check, price
from tests.order.builders import an_item, euro

amounts = st.integers(0, 10_000_000)
weights = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=20)
fast = settings(deadline=None)


@fast
@given(amounts, weights)
def test_an_allocation_adds_up_and_no_part_is_a_unit_off_its_share(amount: int, shares: list[int]) -> None:
    parts = allocate(euro(amount), shares)
    assert sum(part.amount for part in parts) == amount
    whole = sum(shares)
    if whole:
        assert all(abs(part.amount * whole - amount * share) < whole for part, share in zip(parts, shares, strict=True))


def test_the_units_left_over_go_to_the_largest_remainders() -> None:
    assert [part.amount for part in allocate(euro(100), [1, 1, 1])] == [34, 33, 33]
    assert [part.amount for part in allocate(euro(10), [1, 3, 5])] == [1, 3, 6]


def test_parts_without_weights_share_equally() -> None:
    assert [part.amount for part in allocate(euro(3), [0, 0])] == [2, 1]


items = st.lists(st.builds(an_item, st.integers(0, 100_000), st.integers(1, 99)), min_size=1, max_size=6)


@fast
@given(items, st.data(), st.booleans())
def test_lines_and_totals_agree_for_every_discount_shipping_and_tax(
    bought: list[Item], data: st.DataObject, tax_included: bool
) -> None:
    subtotal = sum(item.unit_price.amount * item.quantity for item in bought)
    discount, shipping, tax = data.draw(st.integers(0, subtotal)), data.draw(amounts), data.draw(amounts)
    lines, totals = price(bought, Adjustments(euro(discount), euro(shipping), euro(tax), tax_included))
    check(lines, totals)
    assert totals.total.amount == subtotal - discount + shipping + (0 if tax_included else tax)


def test_today_an_order_costs_its_lines() -> None:
    (line,), totals = price([an_item(1250, 2)], Adjustments.none("EUR"))
    assert (line.total, totals.total, totals.tax, totals.discount) == (euro(2500), euro(2500), euro(0), euro(0))
    assert totals.prices_include_tax


def test_a_discount_above_the_subtotal_is_refused() -> None:
    with pytest.raises(ValueError, match="discount"):
        price([an_item(100, 1)], Adjustments(euro(101), euro(0), euro(0)))


@pytest.mark.parametrize("wrong", [{"total": euro(1)}, {"discount": euro(-1), "total": euro(101)}, {"tax": euro(-1)}])
def test_lines_that_contradict_themselves_are_refused_even_where_their_sums_agree(wrong: dict[str, Any]) -> None:
    (one, other), totals = price([an_item(100, 1), an_item(100, 1)], Adjustments.none("EUR"))
    sums = {name: getattr(one, name) + getattr(other, name) - amount for name, amount in wrong.items()}
    with pytest.raises(ValueError, match="contradicts itself"):
        check([replace(one, **wrong), replace(other, **sums)], totals)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"subtotal": euro(201)}, "subtotal"),
        ({"discount": euro(1)}, "discount"),
        ({"tax": euro(1)}, "tax"),
        ({"total": euro(201)}, "total"),
        ({"shipping": euro(-1), "total": euro(199)}, "negative"),
    ],
)
def test_totals_that_do_not_agree_with_their_lines_are_refused(wrong: dict[str, Any], why: str) -> None:
    lines, totals = price([an_item(100, 2)], Adjustments.none("EUR"))
    with pytest.raises(ValueError, match=why):
        check(lines, replace(totals, **wrong))


def test_two_currencies_never_meet_in_an_order() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        price([an_item(), replace(an_item(), unit_price=Money(1, "USD"))], Adjustments.none("EUR"))
