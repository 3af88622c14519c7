"""Order's values as the messages that several contracts share, and back."""

from google.type import money_pb2
from shopmesh.common.v1 import contact_pb2, totals_pb2

from services.chassis.money import Money
from services.chassis.protos import money_from_proto, money_to_proto
from services.order.domain.contact import Contact
from services.order.domain.totals import Line, Totals


def lines_to_proto(lines: tuple[Line, ...]) -> list[totals_pb2.OrderLine]:
    """Lines as bought."""
    return [_line_to_proto(line) for line in lines]


def _line_to_proto(line: Line) -> totals_pb2.OrderLine:
    return totals_pb2.OrderLine(
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        variant_title=line.variant_title,
        image_url=line.image_url,
        quantity=line.quantity,
        unit_price=money_to_proto(line.unit_price),
        subtotal=money_to_proto(line.subtotal),
        discount=money_to_proto(line.discount),
        tax=money_to_proto(line.tax),
        total=money_to_proto(line.total),
    )


def line_of(proto: totals_pb2.OrderLine) -> Line:
    """A line, read back."""
    return Line(
        variant_id=proto.variant_id,
        product_id=proto.product_id,
        sku=proto.sku,
        title=proto.title,
        variant_title=proto.variant_title,
        image_url=proto.image_url,
        quantity=proto.quantity,
        unit_price=money_of(proto.unit_price),
        subtotal=money_of(proto.subtotal),
        discount=money_of(proto.discount),
        tax=money_of(proto.tax),
        total=money_of(proto.total),
    )


def totals_to_proto(totals: Totals) -> totals_pb2.OrderTotals:
    """Amounts of the whole order."""
    return totals_pb2.OrderTotals(
        subtotal=money_to_proto(totals.subtotal),
        discount=money_to_proto(totals.discount),
        shipping=money_to_proto(totals.shipping),
        tax=money_to_proto(totals.tax),
        total=money_to_proto(totals.total),
        prices_include_tax=totals.prices_include_tax,
    )


def totals_of(proto: totals_pb2.OrderTotals) -> Totals:
    """Amounts, read back."""
    return Totals(
        subtotal=money_of(proto.subtotal),
        discount=money_of(proto.discount),
        shipping=money_of(proto.shipping),
        tax=money_of(proto.tax),
        total=money_of(proto.total),
        prices_include_tax=proto.prices_include_tax,
    )


def money_of(proto: money_pb2.Money) -> Money:
    """An amount that a service stored or sent; InvalidArgument where it is none."""
    return money_from_proto(proto, "amount")


def contact_to_proto(contact: Contact | None) -> contact_pb2.Contact | None:
    """The contact; None stays unset."""
    if contact is None:
        return None
    proto = contact_pb2.Contact(email=contact.email, display_name=contact.display_name, locale=contact.locale)
    address = contact.shipping_address
    if address is not None:
        proto.shipping_address.MergeFrom(
            contact_pb2.PostalAddress(
                country_code=address.country_code,
                postal_code=address.postal_code,
                region=address.region,
                city=address.city,
                lines=address.lines,
            )
        )
    return proto
