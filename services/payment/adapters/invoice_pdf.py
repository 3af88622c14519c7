"""Invoices as PDF/A-3a with PDF/UA-1, by typst; amounts and dates as the buyer's locale writes them (babel)."""

import asyncio
import json
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from anyascii import anyascii
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from services.chassis.money import Money, minor_digits
from services.payment.domain.invoices import Document, Invoice, InvoiceKind, InvoiceLine, Totals

TEMPLATE = (Path(__file__).parent.parent / "templates" / "invoice.typ").read_bytes()
_NO_GLYPH = re.compile(r'the text `"(.+)"` could not be displayed')
_TITLES = {InvoiceKind.INVOICE: "Invoice", InvoiceKind.CREDIT_NOTE: "Credit note"}
_HEADINGS = {InvoiceKind.INVOICE: "What was bought", InvoiceKind.CREDIT_NOTE: "What is credited"}


class TypstRenderer:
    """The port ``InvoiceRenderer``. The same invoice makes the same text, whenever it is rendered."""

    def __init__(self, shop_locale: str, time_zone: str, fonts: str) -> None:
        self._locale = _locale_of(shop_locale, Locale("en"))
        self._zone = ZoneInfo(time_zone)
        self._fonts = typst.Fonts(include_system_fonts=False, font_paths=[fonts] if fonts else [])

    async def render(self, invoice: Invoice) -> bytes:
        """Besides the event loop: typst lets go of the interpreter while it works."""
        return await asyncio.to_thread(self._render, self._values(invoice))

    def _values(self, invoice: Invoice) -> dict[str, Any]:
        """All texts of the template."""
        document = invoice.document
        texts = _Texts(_locale_of(document.locale, self._locale))
        date = invoice.issue_time.astimezone(self._zone).date()
        title = f"{_TITLES[document.kind]} {invoice.number}"
        return {
            "title": title,
            "date": {"year": date.year, "month": date.month, "day": date.day},
            "facts": _facts(invoice, format_date(date, "long", locale=texts.locale)),
            "seller": _party(document.seller.name, document.seller.address, document.seller.tax_id),
            "buyer": _party(document.buyer.name, document.buyer.address, document.buyer.tax_id),
            "heading": _HEADINGS[document.kind],
            "lines": [texts.line(line) for line in document.lines] or [texts.amount_only(document.totals.total)],
            "totals": texts.totals(document.totals),
            "note": _note(document),
        }

    def _render(self, values: dict[str, Any]) -> bytes:
        """What no font can show is spelled in Latin letters: an archived PDF may not have a letter without a shape."""
        shown = _each_text(values, _clean)
        while True:
            try:
                return self._compile(shown)
            except typst.TypstError as error:
                spelled = _each_text(shown, partial(_spelled, scripts=_scripts(error)))
                # Letters that can be shown one by one, but not together as they stand.
                spelled = _each_text(shown, anyascii) if spelled == shown else spelled
                if spelled == shown:
                    raise
                shown = spelled

    def _compile(self, values: dict[str, Any]) -> bytes:
        data = {"data": json.dumps(values)}
        return typst.compile(
            TEMPLATE, font_paths=self._fonts, format="pdf", pdf_standards=["a-3a", "ua-1"], sys_inputs=data
        )


class _Texts:
    """Amounts and lines as texts of one locale."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def money(self, money: Money) -> str:
        amount = Decimal(money.amount).scaleb(-minor_digits(money.currency))
        return format_currency(amount, money.currency, locale=self.locale)

    def line(self, line: InvoiceLine) -> dict[str, str]:
        return {
            "title": line.title,
            "variant_title": line.variant_title,
            "sku": line.sku,
            "quantity": format_decimal(line.quantity, locale=self.locale),
            "unit_price": self.money(line.unit_price),
            "total": self.money(line.total),
        }

    def amount_only(self, total: Money) -> dict[str, str]:
        """The line of a credit note whose amount belongs to no lines of the order."""
        amount = self.money(total)
        empty = {"variant_title": "", "sku": ""}
        return {"title": "Partial refund", "quantity": "1", "unit_price": amount, "total": amount, **empty}

    def totals(self, totals: Totals) -> list[tuple[str, str, bool]]:
        """Label, amount and whether it is the sum; what is zero and says nothing is left out."""
        included = "of which tax" if totals.prices_include_tax else "Tax"
        tax = [(included, totals.tax)]
        rows = [("Subtotal", totals.subtotal), ("Discount", totals.discount), ("Delivery", totals.shipping)]
        before, after = (rows, tax) if totals.prices_include_tax else (rows + tax, [])
        shown = [*((label, each, False) for label, each in before), ("Total", totals.total, True)]
        shown += [(label, each, False) for label, each in after]
        return [(label, self.money(each), is_sum) for label, each, is_sum in shown if each or is_sum]


def _facts(invoice: Invoice, date: str) -> list[tuple[str, str]]:
    document = invoice.document
    facts = [("Number", invoice.number), ("Date", date), ("Order", document.order_id)]
    corrects = [("Corrects invoice", document.corrects_number)] if document.corrects_number else []
    return facts + corrects


def _party(name: str, address: tuple[str, ...], tax_id: str) -> dict[str, Any]:
    return {"name": name, "address": address, "tax_id": tax_id}


def _note(document: Document) -> str:
    if document.kind is InvoiceKind.INVOICE:
        return "Paid in full before this invoice was issued; nothing is left to pay."
    return f"This amount of invoice {document.corrects_number} was given back to what it was paid with."


def _locale_of(tag: str, default: Locale) -> Locale:
    """The nearest locale that the CLDR knows: ``de-AT``, then ``de``, then the default."""
    parts = tag.split("-") if tag else []
    while parts:
        try:
            return Locale.parse("_".join(parts))
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return default


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(each, change) for each in value]
    return value


def _clean(text: str) -> str:
    """Without what is no character to be read: controls, surrogates, private and unassigned ones."""
    return "".join(each for each in text if unicodedata.category(each) not in ("Cc", "Cs", "Co", "Cn"))


def _scripts(error: typst.TypstError) -> set[str]:
    """The scripts of the characters that typst has no font for; it writes some as ``\\u{1f600}``."""
    missing = _NO_GLYPH.search(str(error))
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), missing[1] if missing else "")
    return {_script(each) for each in text}


def _spelled(text: str, scripts: set[str]) -> str:
    """Text with each character of these scripts in Latin letters."""
    return "".join(anyascii(each) if _script(each) in scripts else each for each in text)


def _script(character: str) -> str:
    """The first word of its name, such as HANGUL."""
    return unicodedata.name(character, character).split(" ", 1)[0]
