"""What has invoices issued and rendered: the confirmation of an order, and tasks."""

from google.protobuf.message import Message
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed

from services.chassis.consumer import EventHandler
from services.chassis.events import Event
from services.chassis.tasks import Handler, Task
from services.payment.api.invoice_mapping import sale_of
from services.payment.domain.invoices import Party
from services.payment.ports import TaskKind
from services.payment.use_cases.invoicing import Invoicing


def event_handlers(invoicing: Invoicing, seller: Party) -> dict[type[Message], EventHandler]:
    """Of order-events. The invoice is of the transaction that knows the event as handled."""

    async def confirmed(event: Event[OrderConfirmed]) -> None:
        await invoicing.issue(sale_of(event.data, seller))

    return {OrderConfirmed: confirmed}


def task_handlers(invoicing: Invoicing) -> dict[str, Handler]:
    """Handlers by kind."""

    async def credit(task: Task) -> None:
        await invoicing.credit(task.key)

    async def render(task: Task) -> None:
        await invoicing.file(task.payload["order_id"], task.key)

    return {TaskKind.CREDIT: credit, TaskKind.RENDER: render}
