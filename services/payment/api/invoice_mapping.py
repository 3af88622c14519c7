"""Invoices' messages and the domain's words."""

from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.type import money_pb2
from shopmesh.common.v1 import totals_pb2
from shopmesh.common.v1.contact_pb2 import Contact
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1 import invoice_pb2 as pb

from services.chassis.money import Money
from services.chassis.protos import money_from_proto, money_to_proto, timestamp
from services.payment.domain.invoices import Document, Invoice, InvoiceKind, InvoiceLine, Party, Totals
from services.payment.use_cases.invoicing import InvoiceFile

_KINDS = {
    InvoiceKind.INVOICE: pb.INVOICE_KIND_INVOICE,
    InvoiceKind.CREDIT_NOTE: pb.INVOICE_KIND_CREDIT_NOTE,
}
_AMOUNTS = ("subtotal", "discount", "shipping", "tax", "total")
_LINE_AMOUNTS = ("unit_price", "subtotal", "discount", "tax", "total")
_LINE_FACTS = ("variant_id", "product_id", "sku", "title", "variant_title", "quantity")


def sale_of(order: OrderConfirmed, seller: Party) -> Document:
    """What the invoice of a confirmed order says; INVALID_ARGUMENT where an amount is none."""
    return Document(
        kind=InvoiceKind.INVOICE,
        order_id=order.order_id,
        seller=seller,
        buyer=Party(order.contact.display_name, _address(order.contact)),
        locale=order.contact.locale,
        lines=tuple(_line(line) for line in order.lines),
        totals=_totals(order.totals),
    )


def invoice_to_proto(invoice: Invoice) -> pb.Invoice:
    """A document that was issued, as its owner sees it."""
    document = invoice.document
    return pb.Invoice(
        id=invoice.id,
        kind=_KINDS[document.kind],
        number=invoice.number,
        order_id=document.order_id,
        refund_id=document.refund_id,
        corrects_number=document.corrects_number,
        seller=_party_to_proto(document.seller),
        buyer=_party_to_proto(document.buyer),
        lines=[_line_to_proto(line) for line in document.lines],
        totals=_totals_to_proto(document.totals),
        issue_time=timestamp(invoice.issue_time),
    )


def pdf(file: InvoiceFile) -> HttpBody:
    """A document as it is sent."""
    return HttpBody(content_type="application/pdf", data=file.content)


def _address(contact: Contact) -> tuple[str, ...]:
    """The lines of the address, without those that are empty."""
    if not contact.HasField("shipping_address"):
        return ()
    address = contact.shipping_address
    city = " ".join(part for part in (address.postal_code, address.city) if part)
    return tuple(line for line in (*address.lines, city, address.region, address.country_code) if line)


def _line(proto: totals_pb2.OrderLine) -> InvoiceLine:
    values: dict[str, Any] = {name: getattr(proto, name) for name in _LINE_FACTS}
    currency = proto.total.currency_code
    values |= {name: _money(getattr(proto, name), currency, name) for name in _LINE_AMOUNTS}
    return InvoiceLine(**values)


def _totals(proto: totals_pb2.OrderTotals) -> Totals:
    currency = proto.total.currency_code
    amounts = {name: _money(getattr(proto, name), currency, name) for name in _AMOUNTS}
    return Totals(**amounts, prices_include_tax=proto.prices_include_tax)


def _money(proto: money_pb2.Money, currency: str, field: str) -> Money:
    """An amount; nothing at all is zero of the total's currency."""
    return money_from_proto(proto, field) if proto.currency_code else Money.zero(currency)


def _party_to_proto(party: Party) -> pb.InvoiceParty:
    return pb.InvoiceParty(name=party.name, address_lines=party.address, tax_id=party.tax_id)


def _line_to_proto(line: InvoiceLine) -> totals_pb2.OrderLine:
    facts = {name: getattr(line, name) for name in _LINE_FACTS}
    return totals_pb2.OrderLine(**facts, **{name: money_to_proto(getattr(line, name)) for name in _LINE_AMOUNTS})


def _totals_to_proto(totals: Totals) -> totals_pb2.OrderTotals:
    amounts = {name: money_to_proto(getattr(totals, name)) for name in _AMOUNTS}
    return totals_pb2.OrderTotals(**amounts, prices_include_tax=totals.prices_include_tax)
