"""What we ask of Stripe, as pure functions of the bill."""

import json
from typing import Any

import pytest

from services.chassis.errors import InvalidArgument
from services.chassis.money import Money
from services.payment.adapters import stripe_requests
from services.payment.domain.bill import check
from services.payment.domain.payment import Flow
from tests.payment.building import bill, line, payment


def test_a_session_names_its_payment_on_the_session_and_on_its_intent() -> None:
    made = payment()
    request = stripe_requests.attempt(made, bill(), 2)
    expected = {"payment_id": made.id, "order_id": made.order_id, "attempt": "2"}
    assert request.params["metadata"] == request.params["payment_intent_data"]["metadata"] == expected
    assert "expires_at" not in request.params


@pytest.mark.parametrize("flow", Flow)
def test_only_cards_are_taken_because_they_settle_at_once(flow: Flow) -> None:
    params = stripe_requests.attempt(payment(flow=flow), bill(flow), 1).params
    assert params["payment_method_types"] == ["card"]
    assert "automatic_payment_methods" not in params


def test_line_items_add_up_to_the_total_whatever_the_discount() -> None:
    lines = (line(quantity=2), line("Cup", 999, 3, total=Money(2000, "EUR")), line("Gift", 0, 1))
    sold = bill(lines=lines, shipping=Money(490, "EUR"), total=Money(4990, "EUR"))
    items = stripe_requests.attempt(payment(), sold, 1).params["line_items"]
    assert sum(item["price_data"]["unit_amount"] * item["quantity"] for item in items) == 4990
    names = [item["price_data"]["product_data"]["name"] for item in items]
    assert names == ["Linen towel", "3 × Cup", "Shipping"]


def test_an_embedded_payment_tells_stripe_nothing_personal() -> None:
    request = stripe_requests.attempt(payment(flow=Flow.EMBEDDED), bill(Flow.EMBEDDED), 1)
    assert (request.path, request.params["amount"], request.params["currency"]) == ("/v1/payment_intents", 2500, "eur")
    assert b"ada@" not in request.body


def test_a_stored_request_is_sent_again_in_the_same_order() -> None:
    request = stripe_requests.attempt(payment(), bill(), 1)
    again = stripe_requests.stored_attempt(payment().kind, request.body)
    assert json.dumps(again.params) == json.dumps(request.params)


@pytest.mark.parametrize(("tag", "locale"), [("de-AT", "de"), ("pt-BR", "pt-BR"), ("", "auto"), ("eo", "auto")])
def test_the_page_speaks_the_customers_language_where_it_can(tag: str, locale: str) -> None:
    sold = bill()
    contact = type(sold.contact)("a@b.example", "A", tag)
    assert stripe_requests.attempt(payment(), bill(contact=contact), 1).params["locale"] == locale


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"total": Money(2499, "EUR")}, "totals.total"),
        ({"total": Money(2500, "USD")}, "totals.total.currency_code"),
        ({"success_url": ""}, "success_url"),
    ],
)
def test_a_bill_that_cannot_be_paid_is_refused_by_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check(bill(**wrong), "EUR")
    assert [violation.field for violation in refused.value.fields] == [field]
