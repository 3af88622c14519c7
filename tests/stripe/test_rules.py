"""The stand-in's rules that need no server."""

import inspect

import pytest

from deploy.local.stripe import cards, currency, webhooks
from deploy.local.stripe.errors import ApiError
from deploy.local.stripe.params import Fields, Integer, Many, Metadata, Text, decode
from services.payment.adapters import stripe_requests
from tests.stripe.requests_made import REQUESTS_MADE

_LINE = Fields({"name": Text(), "quantity": Integer(least=1)}, required=("name",))
_SHAPE = Fields({"lines": Many(_LINE), "metadata": Metadata(), "expand": Many(Text())})


def test_a_nested_form_becomes_typed_parameters() -> None:
    form = [("lines[0][name]", "Cup"), ("lines[0][quantity]", "2"), ("metadata[a]", "b"), ("expand[]", "x")]
    assert _SHAPE.read(decode(form), "") == {
        "lines": [{"name": "Cup", "quantity": 2}],
        "metadata": {"a": "b"},
        "expand": ["x"],
    }


@pytest.mark.parametrize(
    ("pair", "param"),
    [
        (("lines[0][colour]", "red"), "lines[0][colour]"),
        (("lines[0][quantity]", "2"), "lines[0][name]"),
        (("lines", "2"), "lines"),
        (("lines[x][name]", "Cup"), "lines"),
        (("lines[0][name]", ""), "lines[0][name]"),
        (("a]b", "1"), "a]b"),
    ],
)
def test_what_is_wrong_in_a_form_is_named(pair: tuple[str, str], param: str) -> None:
    with pytest.raises(ApiError) as refusal:
        _SHAPE.read(decode([pair]), "")
    assert refusal.value.error["param"] == param


def test_every_test_card_has_a_right_check_digit_and_a_known_fate() -> None:
    for card in cards.CARDS.values():
        assert cards.check(card.number, 12, 2040, "123", (2026, 11)) is None
        assert card.decline is None or card.decline in cards.DECLINES


@pytest.mark.parametrize(
    ("number", "month", "year", "cvc", "code"),
    [
        ("4242424242424241", 12, 2040, "123", "incorrect_number"),
        ("4242424242424242", 13, 2040, "123", "invalid_expiry_month"),
        ("4242424242424242", 10, 2026, "123", "invalid_expiry_year"),
        ("4242424242424242", 12, 2040, "1", "invalid_cvc"),
        ("4000000000000010", 12, 2040, "123", "card_declined"),
    ],
)
def test_card_data_is_checked_before_a_bank_is_asked(number: str, month: int, year: int, cvc: str, code: str) -> None:
    problem = cards.check(number, month, year, cvc, (2026, 11))
    assert problem
    assert problem.code == code


def test_tokens_name_cards() -> None:
    declined = cards.by_token("pm_card_visa_chargeDeclined")
    assert declined == cards.by_token("pm_card_chargeDeclined") == cards.CARDS["4000000000000002"]
    assert cards.by_token("pm_1abc") is None


@pytest.mark.parametrize(("code", "shown"), [("eur", "12.34 EUR"), ("jpy", "1,234 JPY"), ("kwd", "1.234 KWD")])
def test_amounts_are_shown_with_the_currency_s_decimals(code: str, shown: str) -> None:
    assert currency.display(1234, code) == shown


def test_each_secret_signs() -> None:
    header = webhooks.signature(b"{}", ("whsec_a", "whsec_b"), 1_700_000_000)
    assert header.startswith("t=1700000000,v1=")
    assert header.count("v1=") == 2


def test_every_request_that_payment_can_build_is_held_against_the_vendor() -> None:
    public = {
        name
        for name, value in inspect.getmembers(stripe_requests, inspect.isfunction)
        if value.__module__ == stripe_requests.__name__ and not name.startswith("_")
    }
    assert public == {made.builder for made in REQUESTS_MADE if made.builder}
