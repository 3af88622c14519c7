"""Events of others and of our own, as inputs of the use cases."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message
from shopmesh.order.v1 import order_events_pb2 as orders_pb2
from shopmesh.payment.v1.payment_events_pb2 import PaymentRefunded, PaymentRefundFailed, PaymentSucceeded

from services.chassis.consumer import EventHandler
from services.chassis.events import Event
from services.chassis.protos import money_from_proto
from services.order.use_cases.listing import Listing
from services.order.use_cases.saga import Saga

PAYMENTS_GROUP = "order.payments"
VIEW_GROUP = "order.view"
_OWN_EVENTS = (
    orders_pb2.OrderPlaced,
    orders_pb2.OrderPaid,
    orders_pb2.OrderConfirmed,
    orders_pb2.OrderRejected,
    orders_pb2.OrderCancelRequested,
    orders_pb2.OrderCanceled,
    orders_pb2.OrderExpired,
    orders_pb2.OrderRefundRecorded,
    orders_pb2.OrderRefundFailureRecorded,
)


def payment_handlers(saga: Saga) -> Mapping[type[Message], EventHandler]:
    """Of payment-events. Each runs in the transaction of its inbox row."""

    async def succeeded(event: Event[PaymentSucceeded]) -> None:
        data = event.data
        captured = money_from_proto(data.captured, "captured")
        await saga.payment_succeeded(data.order_id, f"event:{event.id}", data.payment_id, captured)

    async def refunded(event: Event[PaymentRefunded]) -> None:
        data = event.data
        amount, so_far = money_from_proto(data.amount, "amount"), money_from_proto(data.refunded, "refunded")
        await saga.payment_refunded(data.order_id, f"event:{event.id}", data.refund_id, amount, so_far)

    async def refund_failed(event: Event[PaymentRefundFailed]) -> None:
        data = event.data
        amount, so_far = money_from_proto(data.amount, "amount"), money_from_proto(data.refunded, "refunded")
        await saga.payment_refund_failed(data.order_id, f"event:{event.id}", data.refund_id, amount, so_far)

    return {PaymentSucceeded: succeeded, PaymentRefunded: refunded, PaymentRefundFailed: refund_failed}


def view_handlers(listing: Listing) -> Mapping[type[Message], EventHandler]:
    """Of order-events: whatever happened to an order, its copy is made anew."""

    async def changed(event: Event[Any]) -> None:
        await listing.copy(event.subject)

    return dict.fromkeys(_OWN_EVENTS, changed)
