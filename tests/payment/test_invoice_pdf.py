"""Invoices as PDF: complete for archives and screen readers, whatever stands in them."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis import ids
from services.chassis.money import Money
from services.payment.adapters import invoice_pdf
from services.payment.adapters.invoice_pdf import TypstRenderer
from services.payment.domain.invoices import Document, Invoice, InvoiceKind, Party, Totals
from tests.payment import verapdf
from tests.payment.invoice_building import draft

ISSUED = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
RENDERER = TypstRenderer("en", "Europe/Vienna", "")


def an_invoice(document: Document | None = None, number: str = "INV-2027-000042") -> Invoice:
    return Invoice(ids.new("inv"), number, ISSUED, document or draft(ids.new("ord")))


def a_credit_note(**changes: Any) -> Invoice:
    """Of the whole invoice, where nothing else is said."""
    document = draft(ids.new("ord"))
    values = {"kind": InvoiceKind.CREDIT_NOTE, "refund_id": ids.new("ref"), "corrects_number": "INV-2027-000042"}
    return an_invoice(replace(document, **(values | changes)), "CN-2027-000007")


def in_part(amount: int) -> Totals:
    money, none = Money(amount, "EUR"), Money.zero("EUR")
    return Totals(money, none, none, none, money, True)


def render(invoice: Invoice) -> bytes:
    return asyncio.run(RENDERER.render(invoice))


def shown(invoice: Invoice) -> dict[str, Any]:
    """The texts that the template sets."""
    return RENDERER._values(invoice)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """One of each kind, one of several pages, one with letters that no font has, and one made without standards."""
    folder = tmp_path_factory.mktemp("invoices")
    long = draft(ids.new("ord"))
    made = {
        "invoice": render(an_invoice()),
        "credit-note": render(a_credit_note()),
        "part": render(a_credit_note(lines=(), totals=in_part(700))),
        "pages": render(an_invoice(replace(long, lines=long.lines * 60))),
        "spelled": render(an_invoice(draft(ids.new("ord"), display_name="東京 太郎 😀 محمد"))),
        "plain": typst.compile(
            invoice_pdf.TEMPLATE, format="pdf", sys_inputs={"data": json.dumps(shown(an_invoice()))}
        ),
    }
    for name, content in made.items():
        (folder / f"{name}.pdf").write_bytes(content)
    return sorted(folder.iterdir())


@pytest.mark.stack
@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_verapdf_finds_nothing_wrong_with_any_kind_of_document(documents: Sequence[Path], flavour: str) -> None:
    broken = verapdf.validate(documents, flavour)
    assert broken.pop("plain.pdf"), "the validator must refuse what was made without standards"
    assert broken == {path.name: [] for path in documents if path.stem != "plain"}


def test_the_same_invoice_makes_the_same_bytes() -> None:
    invoice = an_invoice()
    assert render(invoice) == render(invoice)


@given(st.text(max_size=12))
@settings(max_examples=12, deadline=None)
def test_any_name_can_be_printed(name: str) -> None:
    document = draft(ids.new("ord"))
    buyer = Party(name, (name, name[::-1]))
    assert render(an_invoice(replace(document, buyer=buyer))).startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    "name", ['#let x = 1; *b* \\ "q" $', "\x00\ud800\ue000", "👨\u200d👩\u200d👧", "İıŞş ₺ Łódź", "ไทย"]
)
def test_markup_controls_and_clusters_are_only_text(name: str) -> None:
    document = draft(ids.new("ord"))
    assert render(an_invoice(replace(document, buyer=Party(name)))).startswith(b"%PDF-1.7")


def test_amounts_and_dates_are_written_as_the_buyers_locale_has_them() -> None:
    british, austrian = (shown(an_invoice(draft(ids.new("ord"), locale=tag))) for tag in ("en-GB", "de-AT"))
    assert british["lines"][0]["total"] == "€25.00"
    assert re.sub(r"\s", " ", austrian["lines"][0]["total"]) == "€ 25,00"
    assert ("Date", "1 January 2027") in british["facts"]
    assert ("Date", "1. Jänner 2027") in austrian["facts"]


@pytest.mark.parametrize(("currency", "text"), [("JPY", "¥2,500"), ("KWD", "KWD2.500"), ("ISK", "ISK2,500")])
def test_every_currency_has_its_own_decimals(currency: str, text: str) -> None:
    money, none = Money(2500, currency), Money.zero(currency)
    totals = Totals(money, none, none, none, money, True)
    values = shown(an_invoice(replace(draft(ids.new("ord")), lines=(), totals=totals)))
    assert re.sub(r"\s", "", values["totals"][-1][1]) == text


def test_a_credit_note_names_the_invoice_that_it_corrects() -> None:
    values = shown(a_credit_note(lines=(), totals=in_part(700)))
    assert values["title"] == "Credit note CN-2027-000007"
    assert ("Corrects invoice", "INV-2027-000042") in values["facts"]
    assert [line["title"] for line in values["lines"]] == ["Partial refund"]
    assert values["totals"] == [("Subtotal", "€7.00", False), ("Total", "€7.00", True)]


def test_tax_stands_below_a_total_that_includes_it_and_above_one_that_does_not() -> None:
    tax, net, none = Money(500, "EUR"), Money(2500, "EUR"), Money.zero("EUR")
    including = Totals(net, none, none, tax, net, True)
    excluding = Totals(net, none, none, tax, net + tax, False)
    document = draft(ids.new("ord"))
    labels = [
        [label for label, _, _ in shown(an_invoice(replace(document, totals=totals)))["totals"]]
        for totals in (including, excluding)
    ]
    assert labels == [["Subtotal", "Total", "of which tax"], ["Subtotal", "Tax", "Total"]]
