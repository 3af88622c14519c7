"""Between order's values and its public contract."""

from google.protobuf import json_format
from shopmesh.common.v1 import contact_pb2, totals_pb2
from shopmesh.order.v1 import order_pb2, order_service_pb2

from services.chassis.protos import money_from_proto, money_to_proto, timestamp
from services.order.domain.contact import Contact, PostalAddress
from services.order.domain.events import PaymentFlow
from services.order.domain.order import OrderView, State
from services.order.domain.totals import Line, Totals
from services.order.ports import PlacementKey
from services.order.use_cases.placing import PlacedOrder, Wish

_STATES_BACK = {order_pb2.OrderState.Value(f"ORDER_STATE_{state}"): state for state in State}
_FLOWS_BACK = {order_pb2.PaymentFlow.Value(f"PAYMENT_FLOW_{flow}"): flow for flow in PaymentFlow}


def wish_of(request: order_service_pb2.PlaceOrderRequest, user_id: str, key: PlacementKey) -> Wish:
    """What the request asks for; InvalidArgument where the amount is none."""
    return Wish(
        key=key,
        user_id=user_id,
        cart_id=request.cart_id,
        cart_etag=request.cart_etag,
        expected_total=money_from_proto(request.expected_total, "expected_total"),
        contact=_contact_of(request.contact),
        payment_flow=_FLOWS_BACK[request.payment_flow],
        success_url=request.success_url,
        cancel_url=request.cancel_url,
    )


def placed_to_proto(placed: PlacedOrder) -> order_service_pb2.PlaceOrderResponse:
    """The order and how to pay it."""
    return order_service_pb2.PlaceOrderResponse(
        order=order_to_proto(placed.view),
        order_token=placed.token,
        checkout_url=placed.instructions.checkout_url,
        client_secret=placed.instructions.client_secret,
    )


def order_to_proto(view: OrderView) -> order_pb2.Order:
    """The order as its readers see it."""
    return order_pb2.Order(
        id=view.id,
        state=f"ORDER_STATE_{view.state}",
        user_id=view.user_id,
        lines=[_line(line) for line in view.lines],
        totals=_totals(view.totals),
        contact=_contact(view.contact) if view.contact else None,
        payment_flow=f"PAYMENT_FLOW_{view.payment_flow}",
        expire_time=timestamp(view.expire_time),
        cancel_requested=view.cancel_requested,
        refunded=money_to_proto(view.refunded) if view.refunded else None,
        reject_reason=view.reject_reason,
        version=view.version,
        create_time=timestamp(view.create_time),
        update_time=timestamp(view.update_time),
    )


def order_to_json(view: OrderView) -> str:
    """The order as the REST edge prints it, on one line: lowerCamelCase, zero values too."""
    return json_format.MessageToJson(order_to_proto(view), always_print_fields_with_no_presence=True, indent=None)


def states_of(request: order_service_pb2.ListOrdersRequest) -> list[State]:
    """The states asked for."""
    return [_STATES_BACK[number] for number in request.states]


def _contact_of(proto: contact_pb2.Contact) -> Contact:
    address = proto.shipping_address if proto.HasField("shipping_address") else None
    return Contact(
        email=proto.email,
        display_name=proto.display_name,
        locale=proto.locale,
        shipping_address=_address_of(address) if address else None,
    )


def _address_of(proto: contact_pb2.PostalAddress) -> PostalAddress:
    return PostalAddress(
        country_code=proto.country_code,
        postal_code=proto.postal_code,
        region=proto.region,
        city=proto.city,
        lines=tuple(proto.lines),
    )


def _contact(contact: Contact) -> contact_pb2.Contact:
    address = contact.shipping_address
    return contact_pb2.Contact(
        email=contact.email,
        display_name=contact.display_name,
        locale=contact.locale,
        shipping_address=_address(address) if address else None,
    )


def _address(address: PostalAddress) -> contact_pb2.PostalAddress:
    return contact_pb2.PostalAddress(
        country_code=address.country_code,
        postal_code=address.postal_code,
        region=address.region,
        city=address.city,
        lines=address.lines,
    )


def _line(line: Line) -> totals_pb2.OrderLine:
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


def _totals(totals: Totals) -> totals_pb2.OrderTotals:
    return totals_pb2.OrderTotals(
        subtotal=money_to_proto(totals.subtotal),
        discount=money_to_proto(totals.discount),
        shipping=money_to_proto(totals.shipping),
        tax=money_to_proto(totals.tax),
        total=money_to_proto(totals.total),
        prices_include_tax=totals.prices_include_tax,
    )
