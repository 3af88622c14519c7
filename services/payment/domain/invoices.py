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
    lines, totals = invoiced.lines, invoiced.totals
    if amount != invoiced.totals.total:
        lines = _credited_lines(invoiced, refund) if amount == refund.amount else ()
        totals = _sum(lines, amount, invoiced.totals) if lines else _part(invoiced.totals, amount)
    return replace(
        invoiced,
        kind=InvoiceKind.CREDIT_NOTE,
        refund_id=refund.id,
        corrects_number=sale.number,
        lines=lines,
        totals=totals,
    )


def _credited_lines(invoiced: Document, refund: Refund) -> tuple[InvoiceLine, ...]:
    """The units that a refund gave back, at what it gave for them."""
    known = {line.variant_id: line for line in invoiced.lines}
    added = not invoiced.totals.prices_include_tax
    return tuple(_units(known[each.variant_id], each.quantity, each.amount, added) for each in refund.lines)


def _units(line: InvoiceLine, quantity: int, amount: Money, tax_is_added: bool) -> InvoiceLine:
    """Units of a line that came to `amount` in the end."""
    subtotal, tax = line.unit_price * quantity, _share(line.tax, amount, line.total)
    gross = subtotal + tax if tax_is_added else subtotal
    return replace(line, quantity=quantity, subtotal=subtotal, discount=gross - amount, tax=tax, total=amount)


def _sum(lines: Sequence[InvoiceLine], amount: Money, whole: Totals) -> Totals:
    """What credited lines come to; what is more than they is delivery."""
    none = Money.zero(amount.currency)
    subtotal, discount, tax, of_lines = (
        sum((getattr(line, name) for line in lines), none) for name in ("subtotal", "discount", "tax", "total")
    )
    return Totals(subtotal, discount, amount - of_lines, tax, amount, whole.prices_include_tax)


def _part(whole: Totals, amount: Money) -> Totals:
    """An amount of a whole that belongs to no lines, with its share of the tax."""
    none, tax = Money.zero(amount.currency), _share(whole.tax, amount, whole.total)
    subtotal = amount if whole.prices_include_tax else amount - tax
    return Totals(subtotal, none, none, tax, amount, whole.prices_include_tax)


def _share(of: Money, amount: Money, whole: Money) -> Money:
    """As much of something as an amount is of a whole, rounded to the nearest; nothing of nothing."""
    if not whole:
        return of
    return Money((2 * of.amount * amount.amount + whole.amount) // (2 * whole.amount), of.currency)
