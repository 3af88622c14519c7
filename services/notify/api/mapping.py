"""Events as messages to people, and deliveries as messages to staff."""

from datetime import UTC
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import money_pb2
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered
from shopmesh.common.v1.contact_pb2 import Contact
from shopmesh.common.v1.totals_pb2 import OrderLine, OrderTotals
from shopmesh.notify.v1 import notify_service_pb2 as pb
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1.payment_events_pb2 import PaymentAttemptDeclined, PaymentRefunded
from shopmesh.payment.v1.payment_pb2 import RefundLine

from services.chassis.events import Event
from services.chassis.protos import datetime_of, money_from_proto, timestamp
from services.notify.domain.deliveries import Delivery, DeliveryState, Message

_STATES = {
    DeliveryState.PENDING: pb.DELIVERY_STATE_PENDING,
    DeliveryState.SENDING: pb.DELIVERY_STATE_PENDING,
    DeliveryState.SENT: pb.DELIVERY_STATE_SENT,
    DeliveryState.FAILED: pb.DELIVERY_STATE_FAILED,
}


def welcome(event: Event[UserRegistered]) -> Message:
    """To a new customer."""
    user = event.data
    return Message(event.id, "welcome", user.email, user.display_name, user.locale, user.user_id, {"email": user.email})


def order_confirmed(event: Event[OrderConfirmed]) -> Message:
    """To whoever ordered: what they bought, what it cost and where it goes."""
    order = event.data
    payload = {
        "lines": [_line(line) for line in order.lines],
        "totals": _totals(order.totals),
        "address": _address(order.contact),
        "confirm_time": _time(order.confirm_time),
    }
    return _about_order(event, "order_confirmed", order.contact, order.order_id, payload)


def payment_declined(event: Event[PaymentAttemptDeclined]) -> Message:
    """To whoever tried to pay: why it failed, where and until when they can try again."""
    payment = event.data
    payload = {
        "why": payment.decline.message,
        "checkout_url": payment.checkout_url,
        "expire_time": _time(payment.expire_time) if payment.HasField("expire_time") else "",
    }
    return _about_order(event, "payment_declined", payment.contact, payment.order_id, payload)


def order_refunded(event: Event[PaymentRefunded]) -> Message:
    """To whoever paid: what comes back and why."""
    payment = event.data
    payload = {
        "amount": _money(payment.amount),
        "refunded": _money(payment.refunded),
        "cause": payment.cause,
        "reason": payment.reason,
        "lines": [_refunded_line(line) for line in payment.lines],
        "refund_time": _time(payment.refund_time),
    }
    return _about_order(event, "order_refunded", payment.contact, payment.order_id, payload)


def delivery_message(delivery: Delivery) -> pb.Delivery:
    """A delivery as staff see it."""
    return pb.Delivery(
        id=delivery.id,
        event_id=str(delivery.message.event_id),
        template=delivery.message.template,
        recipient=delivery.message.recipient,
        subject=delivery.subject,
        subject_id=delivery.message.subject_id,
        state=_STATES[delivery.state],
        message_id=delivery.message_id,
        attempts=delivery.attempts,
        last_error=delivery.last_error,
        create_time=timestamp(delivery.create_time),
        send_time=timestamp(delivery.send_time) if delivery.send_time else None,
    )


def states_of(state: pb.DeliveryState) -> list[DeliveryState]:
    """What a state in a filter stands for; nothing where it is unspecified."""
    return [own for own, shown in _STATES.items() if shown == state]


def _about_order(event: Event[Any], template: str, contact: Contact, order_id: str, payload: dict[str, Any]) -> Message:
    return Message(event.id, template, contact.email, contact.display_name, contact.locale, order_id, payload)


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "variant_title": line.variant_title,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": _money(line.unit_price),
        "total": _money(line.total),
    }


def _refunded_line(line: RefundLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "variant_title": line.variant_title,
        "quantity": line.quantity,
        "amount": _money(line.amount),
    }


def _totals(totals: OrderTotals) -> dict[str, Any]:
    amounts = ("subtotal", "discount", "shipping", "tax", "total")
    return {name: _money(getattr(totals, name)) for name in amounts} | {"prices_include_tax": totals.prices_include_tax}


def _money(money: money_pb2.Money) -> dict[str, Any]:
    known = money_from_proto(money, "money")
    return {"amount": known.amount, "currency": known.currency}


def _address(contact: Contact) -> list[str]:
    """The lines of the address, without those that are empty."""
    if not contact.HasField("shipping_address"):
        return []
    address = contact.shipping_address
    city = " ".join(part for part in (address.postal_code, address.city) if part)
    return [line for line in (*address.lines, city, address.region, address.country_code) if line]


def _time(proto: Timestamp) -> str:
    return datetime_of(proto).astimezone(UTC).isoformat()
