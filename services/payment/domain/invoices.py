"""Invoices and credit notes: what stands in them, how they are numbered, what a refund credits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.chassis.money import Money
from services.payment.domain.payment import Payment, Refund, RefundState, Verdict, total


class InvoiceKind(StrEnum):
    """A credit note takes back a part of an invoice, or all of it."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


_SERIES = {InvoiceKind.INVOICE: "INV", InvoiceKind.CREDIT_NOTE: "CN"}


@dataclass(frozen=True, slots=True)
class Party:
    """One side of an invoice. Tax law has invoices kept whole for years, so a buyer's erasure leaves this."""

    name: str
    address: tuple[str, ...] = ()
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an order, as the order has it."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to; the amounts of a credit note are positive too."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    prices_include_tax: bool


@dataclass(frozen=True, slots=True)
class Document:
    """What stands in an invoice or credit note. `locale` (BCP 47, may be empty) writes its amounts and dates."""

    kind: InvoiceKind
    order_id: str
    seller: Party
    buyer: Party
    locale: str
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    refund_id: str = ""
    corrects_number: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document that was issued."""

    id: str
    number: str
    issue_time: datetime
    document: Document


def series(kind: InvoiceKind, year: int, incarnation: int) -> str:
    """The series that numbers go on in. A restore begins a new one: numbers given after the backup are lost here."""
    name = f"{_SERIES[kind]}-{year}"
    return name if incarnation == 1 else f"{name}R{incarnation}"


def number(series: str, count: int) -> str:
    """The number of the document that is number `count` of its series."""
    return f"{series}-{count:06d}"


def first_invoice(payment: Payment, known: Sequence[Invoice], draft: Document) -> Document | None:
    """The invoice of a confirmed order, unless it has one."""
    return None if _sale(known) else draft


def next_credit(payment: Payment, known: Sequence[Invoice]) -> Document | None:
    """The next credit note that is missing: none without an invoice, and in all no more than was given back.

    A refund that failed after it was credited has its note already, so the one that replaces it gets none. Money that
    never counted for the order (a wrong amount, a late capture) was never invoiced.
    """
    sale = _sale(known)
    if sale is None:
        return None
    refunds, credited = _counted(payment), {each.document.refund_id for each in known}
    left = _left(sale, refunds, known)
    for refund in refunds:
        amount = min(refund.amount, left)
        if amount.amount > 0 and refund.id not in credited:
            return _credit(sale, refund, amount)
    return None


def _sale(known: Sequence[Invoice]) -> Invoice | None:
    return next((each for each in known if each.document.kind is InvoiceKind.INVOICE), None)


def _counted(payment: Payment) -> list[Refund]:
    """Refunds that arrived, of captures that paid for the order."""
    counted = {attempt.id for attempt in payment.attempts if attempt.verdict is Verdict.COUNTED}
    return [r for r in payment.refunds if r.attempt_id in counted and r.state is RefundState.SUCCEEDED]


def _left(sale: Invoice, refunds: Sequence[Refund], known: Sequence[Invoice]) -> Money:
    """What was given back and is not credited yet."""
    invoiced = sale.document.totals.total
    notes = (n.document.totals.total for n in known if n.document.kind is InvoiceKind.CREDIT_NOTE)
    refunded = total((refund.amount for refund in refunds), invoiced.currency)
    return min(refunded, invoiced) - total(notes, invoiced.currency)


def _credit(sale: Invoice, refund: Refund, amount: Money) -> Document:
    invoiced = sale.document
    whole = amount == invoiced.totals.total
    return replace(
        invoiced,
        kind=InvoiceKind.CREDIT_NOTE,
        refund_id=refund.id,
        corrects_number=sale.number,
        lines=invoiced.lines if whole else (),
        totals=invoiced.totals if whole else _part(invoiced.totals, amount),
    )


def _part(whole: Totals, amount: Money) -> Totals:
    """An amount of a whole that belongs to no lines, with its share of the tax."""
    none = Money.zero(amount.currency)
    tax = Money(
        (2 * whole.tax.amount * amount.amount + whole.total.amount) // (2 * whole.total.amount), amount.currency
    )
    subtotal = amount if whole.prices_include_tax else amount - tax
    return Totals(subtotal, none, none, tax, amount, whole.prices_include_tax)
