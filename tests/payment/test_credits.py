"""What is credited of an invoice, without servers: never more than went back, and the same sums whatever the currency."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis import ids
from services.chassis.money import Money
from services.payment.domain.invoices import (
    Document,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Party,
    Totals,
    first_invoice,
    next_credit,
    number,
    series,
)
from services.payment.domain.lines import RefundLine
from services.payment.domain.payment import Cause, Payment, Refund, RefundState, Verdict
from tests.payment.building import NOW, captured, paid

TOWEL, VASE = ids.new("var"), ids.new("var")


def a_line(variant_id: str, quantity: int, price: Money, discount: int = 0) -> InvoiceLine:
    none, off = Money.zero(price.currency), Money(discount, price.currency)
    subtotal = price * quantity
    return InvoiceLine(
        variant_id, ids.new("prod"), "SKU", "Thing", "", quantity, price, subtotal, off, none, subtotal - off
    )


def a_sale(lines: Sequence[InvoiceLine], shipping: int = 0) -> Invoice:
    currency = lines[0].total.currency
    none, delivery = Money.zero(currency), Money(shipping, currency)
    subtotal, discount, total = (
        sum((getattr(line, name) for line in lines), none) for name in ("subtotal", "discount", "total")
    )
    totals = Totals(subtotal, discount, delivery, none, total + delivery, True)
    document = Document(InvoiceKind.INVOICE, ids.new("ord"), Party("Shop"), Party("Ada"), "", tuple(lines), totals)
    return Invoice(ids.new("inv"), "INV-2026-000001", NOW, document)


def a_payment(sale: Invoice, *amounts: int, **given: Any) -> Payment:
    """Paid in full, and refunded by these amounts."""
    total = sale.document.totals.total
    made = paid(captured(total), amount=total)
    return replace(made, refunds=tuple(a_refund(made, amount, **given) for amount in amounts))


def a_refund(payment: Payment, amount: int, state: RefundState = RefundState.SUCCEEDED, **given: Any) -> Refund:
    money = Money(amount, payment.amount.currency)
    refund = Refund(ids.new("ref"), 1, payment.attempts[0].id, money, Cause.STAFF, state, NOW)
    return replace(refund, **given)


def credited(payment: Payment, *known: Invoice) -> list[Document]:
    """Every credit note that is missing, one after the other."""
    documents = list(known)
    while document := next_credit(payment, documents):
        documents.append(Invoice(ids.new("inv"), f"CN-2026-{len(documents):06d}", NOW, document))
    return [each.document for each in documents[len(known) :]]


def euros(cents: int) -> Money:
    return Money(cents, "EUR")


def assert_adds_up(document: Document) -> None:
    totals, none = document.totals, Money.zero(document.totals.total.currency)
    added = none if totals.prices_include_tax else totals.tax
    assert totals.total == totals.subtotal - totals.discount + totals.shipping + added
    if document.lines:
        for name in ("subtotal", "discount", "tax"):
            assert sum((getattr(line, name) for line in document.lines), none) == getattr(totals, name)


def test_without_an_invoice_nothing_is_credited() -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))])
    assert credited(a_payment(sale, 2500)) == []


def test_an_order_has_one_invoice() -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))])
    payment = a_payment(sale)
    assert first_invoice(payment, [], sale.document) is sale.document
    assert first_invoice(payment, [sale], sale.document) is None


@pytest.mark.parametrize("state", [RefundState.PENDING, RefundState.FAILED])
def test_what_did_not_arrive_is_not_credited(state: RefundState) -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))])
    assert credited(a_payment(sale, 2500, state=state), sale) == []


@pytest.mark.parametrize("verdict", [Verdict.LATE_CAPTURE, Verdict.MISMATCH])
def test_money_that_never_counted_is_not_credited(verdict: Verdict) -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))])
    payment = a_payment(sale, 2500)
    [attempt] = payment.attempts
    assert credited(replace(payment, attempts=(replace(attempt, verdict=verdict),)), sale) == []


def test_a_refund_that_failed_after_it_was_credited_and_its_successor_are_credited_once() -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))])
    payment = a_payment(sale, 2500)
    [note] = credited(payment, sale)
    failed = replace(payment.refunds[0], state=RefundState.FAILED)
    payment = replace(payment, refunds=(failed, a_refund(payment, 2500)))
    assert credited(payment, sale, Invoice(ids.new("inv"), "CN-2026-000001", NOW, note)) == []


def test_a_refund_by_line_is_credited_by_line_with_its_share_of_the_discount() -> None:
    sale = a_sale([a_line(TOWEL, 3, euros(1000), discount=500), a_line(VASE, 1, euros(4000))], shipping=490)
    payment = a_payment(sale, 1667, lines=(RefundLine(TOWEL, 2, euros(1667)),))
    [note] = credited(payment, sale)
    [line] = note.lines
    assert (line.quantity, line.subtotal, line.discount, line.total) == (2, euros(2000), euros(333), euros(1667))
    assert note.totals.shipping == euros(0)
    assert_adds_up(note)


def test_what_a_refund_is_more_than_its_lines_is_delivery() -> None:
    sale = a_sale([a_line(TOWEL, 3, euros(1000)), a_line(VASE, 1, euros(4000))], shipping=490)
    payment = a_payment(sale, 4490, lines=(RefundLine(VASE, 1, euros(4000)),))
    [note] = credited(payment, sale)
    assert (note.totals.shipping, note.totals.total) == (euros(490), euros(4490))
    assert_adds_up(note)


def test_an_amount_without_lines_is_credited_as_one_and_all_of_it_as_the_invoice() -> None:
    sale = a_sale([a_line(TOWEL, 2, euros(1250))], shipping=490)
    [part] = credited(a_payment(sale, 700), sale)
    assert (part.lines, part.totals.total) == ((), euros(700))
    [all_of_it] = credited(a_payment(sale, 2990), sale)
    assert (all_of_it.lines, all_of_it.totals) == (sale.document.lines, sale.document.totals)


@given(
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.integers(1, 10**7),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(1, 10**8), st.sampled_from(RefundState)), max_size=6),
)
def test_credit_notes_never_come_to_more_than_the_invoice_or_what_went_back(
    currency: str, price: int, quantity: int, refunds: list[tuple[int, RefundState]]
) -> None:
    sale = a_sale([a_line(TOWEL, quantity, Money(price, currency))])
    payment = a_payment(sale)
    payment = replace(payment, refunds=tuple(a_refund(payment, amount, state) for amount, state in refunds))
    notes = credited(payment, sale)
    arrived = sum(amount for amount, state in refunds if state is RefundState.SUCCEEDED)
    assert sum(note.totals.total.amount for note in notes) == min(arrived, price * quantity)
    assert len({note.refund_id for note in notes}) == len(notes)
    for note in notes:
        assert_adds_up(note)


def test_numbers_name_kind_year_and_restore() -> None:
    year = datetime(2026, 1, 1, tzinfo=UTC).year
    assert number(series(InvoiceKind.INVOICE, year, 1), 42) == "INV-2026-000042"
    assert number(series(InvoiceKind.CREDIT_NOTE, year, 3), 1) == "CN-2026R3-000001"
