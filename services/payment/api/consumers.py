"""What order's events mean for payments: money goes back."""

from google.protobuf.message import Message
from shopmesh.order.v1.order_events_pb2 import OrderCanceled, OrderRejected

from services.chassis.consumer import EventHandler
from services.chassis.events import Event
from services.payment.domain.payment import Cause
from services.payment.use_cases.refunding import Refunding

GROUP, TOPICS = "payment.orders", ("order-events",)


def handlers(refunding: Refunding) -> dict[type[Message], EventHandler]:
    """Handlers by message type; each only leaves an obligation."""

    async def rejected(event: Event[OrderRejected]) -> None:
        await refunding.oblige(event.data.order_id, Cause.ORDER_REJECTED)

    async def canceled(event: Event[OrderCanceled]) -> None:
        if event.data.paid:
            await refunding.oblige(event.data.order_id, Cause.ORDER_CANCELED)

    return {OrderRejected: rejected, OrderCanceled: canceled}
