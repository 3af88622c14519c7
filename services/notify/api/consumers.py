"""Events that people are told of."""

from collections.abc import Callable
from typing import Any

from shopmesh.auth.v1.auth_events_pb2 import UserRegistered
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued, PaymentAttemptDeclined, PaymentRefunded

from services.chassis.consumer import EventHandler
from services.chassis.events import Event
from services.notify.api import mapping
from services.notify.api.invoices import invoice_issued
from services.notify.domain.deliveries import Message
from services.notify.use_cases import Notifications

Handlers = dict[type[Any], EventHandler]


def user_handlers(notifications: Notifications) -> Handlers:
    """Of user-events."""
    return {UserRegistered: _announcing(notifications, mapping.welcome)}


def order_handlers(notifications: Notifications) -> Handlers:
    """Of order-events."""
    return {OrderConfirmed: _announcing(notifications, mapping.order_confirmed)}


def payment_handlers(notifications: Notifications) -> Handlers:
    """Of payment-events."""
    return {
        PaymentAttemptDeclined: _announcing(notifications, mapping.payment_declined),
        PaymentRefunded: _announcing(notifications, mapping.order_refunded),
        InvoiceIssued: _announcing(notifications, invoice_issued),
    }


def _announcing(notifications: Notifications, message_of: Callable[[Event[Any]], Message]) -> EventHandler:
    """Delivery and send task are written in the transaction of the event's inbox row."""

    async def handle(event: Event[Any]) -> None:
        await notifications.announce(message_of(event))

    return handle
