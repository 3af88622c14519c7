"""What counts as a disagreement over money."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ops.audit.checks.order_money import books_of, disagreements
from ops.audit.checks.stripe_money import charged, difference
from services.chassis.money import Money
from services.order.domain.order import Order, State, fold
from tests.order.builders import placed

NOW = datetime(2026, 11, 21, tzinfo=UTC)
A, B = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"


def books(
    captures: list[list[Any]] | None = None,
    refunds: list[list[Any]] | None = None,
    disputes: list[list[Any]] | None = None,
) -> Any:
    """A payment's books: captures [attempt, verdict, amount, currency], refunds [attempt, state, amount, currency],
    disputes [id, attempt, status, amount]."""
    rows = {"captures": captures, "refunds": refunds, "disputes": disputes}
    return books_of({"update_time": NOW, **rows})


def order(state: State, refunded: int = 0) -> Order:
    """An order of 25.00 EUR, paid unless it is PLACED or EXPIRED."""
    paid = None if state in (State.PLACED, State.EXPIRED) else "pay_01h2xcejqtf2nbrexx3vqjhp41"
    back = {"EUR": Money(refunded, "EUR")} if refunded else {}
    new = fold("ord_01h2xcejqtf2nbrexx3vqjhp41", [placed()])
    assert new
    return replace(new, state=state, payment_id=paid, refunded_by_currency=back)


def wrong(order: Order, books: Any) -> list[str]:
    return list(disagreements(order, books))


COUNTED = [A, "COUNTED", 2500, "EUR"]


def test_a_paid_order_and_its_capture_agree() -> None:
    assert wrong(order(State.CONFIRMED), books([COUNTED])) == []


def test_an_order_that_nobody_paid_needs_no_payment() -> None:
    assert wrong(order(State.PLACED), None) == []
    assert wrong(order(State.EXPIRED), books()) == []


def test_a_capture_that_the_order_does_not_know_and_one_that_is_not_there_are_found() -> None:
    (text,) = wrong(order(State.PLACED), books([COUNTED]))
    assert text == "is PLACED and counts nothing as paid, but 25.00 EUR was captured for it"
    (text,) = wrong(order(State.CONFIRMED), None)
    assert text == "is CONFIRMED and counts 25.00 EUR as paid, but nothing was captured for it"


def test_two_captures_for_one_order_are_found() -> None:
    (text,) = wrong(order(State.CONFIRMED), books([COUNTED, [B, "COUNTED", 2500, "EUR"]]))
    assert "25.00 EUR, 25.00 EUR was captured" in text


def test_a_part_that_went_back_is_told_by_both() -> None:
    part = [[A, "SUCCEEDED", 500, "EUR"]]
    assert wrong(order(State.CONFIRMED, refunded=500), books([COUNTED], part)) == []
    (text,) = wrong(order(State.CONFIRMED), books([COUNTED], part))
    assert text == "5.00 EUR went back, and the order says nothing"


def test_money_of_an_ended_order_has_to_go_back() -> None:
    (text,) = wrong(order(State.CANCELED), books([COUNTED]))
    assert text == "is CANCELED, and 25.00 EUR of 25.00 EUR neither went back nor is under way"
    assert wrong(order(State.CANCELED), books([COUNTED], [[A, "PENDING", 2500, "EUR"]])) == []
    assert wrong(order(State.CANCELED, refunded=2500), books([COUNTED], [[A, "SUCCEEDED", 2500, "EUR"]])) == []
    assert wrong(order(State.CANCELED), books([COUNTED], [[A, "FAILED", 2500, "EUR"]])) != []


def test_what_a_bank_took_need_not_go_back_again() -> None:
    assert wrong(order(State.CANCELED), books([COUNTED], None, [["dp_1", A, "lost", 2500]])) == []
    assert wrong(order(State.CANCELED), books([COUNTED], None, [["dp_1", A, "won", 2500]])) != []


def test_a_capture_that_does_not_count_has_to_go_back() -> None:
    late = [A, "LATE_CAPTURE", 2500, "EUR"]
    (text,) = wrong(order(State.EXPIRED), books([late]))
    assert "neither went back" in text
    assert wrong(order(State.EXPIRED, refunded=2500), books([late], [[A, "SUCCEEDED", 2500, "EUR"]])) == []


def test_more_back_than_came_is_found() -> None:
    back = [[A, "SUCCEEDED", 2500, "EUR"], [A, "SUCCEEDED", 100, "EUR"]]
    (text,) = wrong(order(State.CANCELED, refunded=2600), books([COUNTED], back))
    assert text == "1.00 EUR more went back than the 25.00 EUR that came"


def intent(received: int = 2500, refunded: int = 0, currency: str = "eur") -> dict[str, Any]:
    charge = {"amount_refunded": refunded, "created": 1_790_000_000}
    metadata = {"payment_id": "pay_01h2xcejqtf2nbrexx3vqjhp41"}
    money = {"amount_received": received, "currency": currency, "latest_charge": charge}
    return {"id": "pi_1", "metadata": metadata, **money}


def ours(captured: int = 2500, succeeded: int = 0, pending: int = 0, currency: str = "EUR") -> dict[str, Any]:
    return {
        "captured_amount": captured,
        "captured_currency": currency,
        "succeeded": succeeded,
        "pending": pending,
    }


def seen(found: dict[str, Any], row: dict[str, Any] | None) -> str:
    charge = charged(found)
    assert charge
    return difference(charge, row)


def test_stripe_and_we_agree() -> None:
    assert seen(intent(), ours()) == ""
    assert seen(intent(refunded=500), ours(succeeded=500)) == ""
    assert seen(intent(refunded=500), ours(pending=500)) == ""
    assert seen(intent(refunded=0), ours(pending=500)) == ""


def test_stripes_minor_units_are_not_ours() -> None:
    assert seen(intent(received=250000, currency="isk"), ours(currency="ISK")) == ""


def test_another_amount_another_refund_and_nobodys_payment_are_found() -> None:
    assert seen(intent(), ours(captured=2499)) == "captured 25.00 EUR at Stripe, 24.99 EUR here"
    assert seen(intent(), ours(currency="USD")) == "captured 25.00 EUR at Stripe, 25.00 USD here"
    assert seen(intent(refunded=500), ours()) == "5.00 EUR of 25.00 EUR given back at Stripe, 0.00 EUR here"
    assert seen(intent(), ours(succeeded=500)) == "0.00 EUR of 25.00 EUR given back at Stripe, 5.00 EUR here"
    assert "knows nothing of it" in seen(intent(), None)


def test_an_intent_without_money_says_nothing() -> None:
    assert charged(intent(received=0)) is None
