"""Builders of confirmed orders and invoices."""

from typing import Any

from shopmesh.common.v1.contact_pb2 import Contact, PostalAddress
from shopmesh.common.v1.totals_pb2 import OrderLine, OrderTotals
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed

from services.chassis import ids
from services.chassis.money import Money
from services.chassis.protos import money_to_proto
from services.payment.api.invoice_mapping import sale_of
from services.payment.domain.bill import Bill
from services.payment.domain.invoices import Document, Party
from tests.payment.building import bill

SELLER = Party("Muster & Söhne GmbH", ("Kärntner Straße 1", "1010 Wien"), "ATU12345678")


def confirmed(of: Bill, **contact: Any) -> OrderConfirmed:
    """The confirmation of the order that a bill is for."""
    address = PostalAddress(country_code="AT", postal_code="1010", city="Wien", lines=["Graben 1"])
    values: dict[str, Any] = {
        "email": of.contact.email,
        "display_name": "Ada",
        "locale": "en",
        "shipping_address": address,
    } | contact
    none = Money.zero(of.total.currency)
    amounts = {"discount": none, "shipping": of.shipping, "tax": none, "total": of.total}
    totals = OrderTotals(
        subtotal=money_to_proto(of.total - of.shipping),
        prices_include_tax=True,
        **{name: money_to_proto(amount) for name, amount in amounts.items()},
    )
    lines = [
        OrderLine(
            variant_id=ids.new("var"),
            product_id=ids.new("prod"),
            sku="TOWEL",
            title=line.title,
            variant_title=line.variant_title,
            quantity=line.quantity,
            unit_price=money_to_proto(line.unit_price),
            subtotal=money_to_proto(line.total),
            total=money_to_proto(line.total),
        )
        for line in of.lines
    ]
    return OrderConfirmed(order_id=of.order_id, lines=lines, totals=totals, contact=Contact(**values))


def draft(order_id: str, **contact: Any) -> Document:
    """What the invoice of an order of two towels says."""
    return sale_of(confirmed(bill(order_id=order_id), **contact), SELLER)
