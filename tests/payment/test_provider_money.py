"""Stripe's minor units."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.local.stripe import currency as standin
from services.chassis.money import Money, is_currency, minor_digits
from services.payment.domain.provider_money import (
    THREE_DECIMAL,
    ZERO_DECIMAL,
    from_provider,
    provider_digits,
    to_provider,
)

CURRENCIES = sorted(code.upper() for code in standin.SUPPORTED if is_currency(code.upper()))


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1050, "EUR"), 1050),
        (Money(500, "JPY"), 500),
        (Money(500, "ISK"), 50000),
        (Money(1230, "KWD"), 1230),
        (Money(1050, "HUF"), 1050),
        (Money(1000, "MGA"), 10),
    ],
)
def test_amounts_at_stripe(money: Money, amount: int) -> None:
    assert to_provider(money) == amount
    assert from_provider(amount, money.currency.lower()) == money


def test_a_three_decimal_amount_has_to_end_in_zero() -> None:
    with pytest.raises(ValueError, match="KWD"):
        to_provider(Money(1234, "KWD"))


def test_a_fraction_of_a_krona_is_no_amount_of_ours() -> None:
    with pytest.raises(ValueError, match="ISK"):
        from_provider(50001, "isk")


@settings(deadline=None)
@given(st.sampled_from(CURRENCIES), st.integers(0, 10**9))
def test_every_amount_comes_back_as_it_went(currency: str, amount: int) -> None:
    finer = 10 ** max(0, minor_digits(currency) - provider_digits(currency))
    money = Money(amount * (10 if currency in THREE_DECIMAL else finer), currency)
    assert from_provider(to_provider(money), currency) == money


def test_the_table_is_the_vendors() -> None:
    assert {code.lower() for code in ZERO_DECIMAL} == standin.ZERO_DECIMAL
    assert {code.lower() for code in THREE_DECIMAL} == standin.THREE_DECIMAL
    assert all(provider_digits(code) == standin.decimals(code.lower()) for code in CURRENCIES)
