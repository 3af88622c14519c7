"""Published events: what a stream's event means to others, composed with the contact."""

from dataclasses import dataclass
from functools import singledispatch

from google.protobuf.message import Message
from shopmesh.order.v1 import order_events_pb2 as pb

from services.chassis.protos import money_to_proto, timestamp
from services.order.adapters.protos import contact_to_proto, lines_to_proto, totals_to_proto
from services.order.adapters.stream import flow_to_proto
from services.order.domain import events as ev
from services.order.domain.contact import Contact
from services.order.domain.order import Order

TOPIC = "order-events"


@dataclass(frozen=True, slots=True)
class Personal:
    """The erasable row at the moment of the commit; `note` is the reason of a cancellation."""

    contact: Contact | None
    note: str = ""


@singledispatch
def published(event: ev.StreamEvent, order: Order, personal: Personal) -> Message:
    """The event for other services; `order` is the order after it."""
    raise TypeError(f"{type(event).__name__} is not published")


@published.register
def _(event: ev.Placed, order: Order, personal: Personal) -> Message:
    return pb.OrderPlaced(
        order_id=order.id,
        user_id=event.user_id,
        lines=lines_to_proto(event.lines),
        totals=totals_to_proto(event.totals),
        contact=contact_to_proto(personal.contact),
        payment_flow=flow_to_proto(event.payment_flow),
        expire_time=timestamp(event.expire_time),
        place_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.Paid, order: Order, _personal: Personal) -> Message:
    return pb.OrderPaid(
        order_id=order.id,
        payment_id=event.payment_id,
        captured=money_to_proto(event.captured),
        pay_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.Confirmed, order: Order, personal: Personal) -> Message:
    placed = order.placed
    return pb.OrderConfirmed(
        order_id=order.id,
        user_id=placed.user_id,
        cart_id=placed.cart_id,
        lines=lines_to_proto(placed.lines),
        totals=totals_to_proto(placed.totals),
        contact=contact_to_proto(personal.contact),
        payment_id=order.payment_id or "",
        confirm_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.Rejected, order: Order, personal: Personal) -> Message:
    return pb.OrderRejected(
        order_id=order.id,
        reason=event.reason,
        contact=contact_to_proto(personal.contact),
        totals=totals_to_proto(order.placed.totals),
        reject_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.CancelRequested, order: Order, _personal: Personal) -> Message:
    return pb.OrderCancelRequested(order_id=order.id, request_time=timestamp(event.occurred_at))


@published.register
def _(event: ev.Canceled, order: Order, personal: Personal) -> Message:
    return pb.OrderCanceled(
        order_id=order.id,
        reason=personal.note,
        paid=order.payment_id is not None,
        contact=contact_to_proto(personal.contact),
        totals=totals_to_proto(order.placed.totals),
        cancel_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.Expired, order: Order, personal: Personal) -> Message:
    return pb.OrderExpired(
        order_id=order.id,
        contact=contact_to_proto(personal.contact),
        expire_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.RefundRecorded, order: Order, _personal: Personal) -> Message:
    return pb.OrderRefundRecorded(
        order_id=order.id,
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        record_time=timestamp(event.occurred_at),
    )


@published.register
def _(event: ev.RefundFailureRecorded, order: Order, _personal: Personal) -> Message:
    return pb.OrderRefundFailureRecorded(
        order_id=order.id,
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        record_time=timestamp(event.occurred_at),
    )
