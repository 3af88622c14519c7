"""An order's changes as server-sent events. Source: HTML Living Standard, 9.2."""

from collections.abc import AsyncGenerator, Iterable

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from shopmesh.order.v1 import order_service_pb2

from services.chassis import rules
from services.chassis.errors import ServiceError
from services.chassis.pipeline import service_error
from services.chassis.statuses import status_of
from services.order.api.mapping import order_to_json
from services.order.domain.order import OrderView

CONTENT_TYPE = "text/event-stream"
_SERVICE = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"]
_METHOD = rules.from_descriptor(_SERVICE.methods_by_name["WatchOrderEvents"])


def last_event_id(metadata: Iterable[tuple[str, str | bytes]]) -> int:
    """The version that the client saw last, by its header; 0 where it sent none or nonsense."""
    sent = dict(metadata).get("last-event-id", "")
    return int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdigit() else 0


async def events(views: AsyncGenerator[OrderView | None, None]) -> AsyncGenerator[HttpBody, None]:
    """Each order as an event with its version as id, each None as a ping, a failure as a last event of its own.

    An error status in mid-stream ends an HTTP/1.1 response as if all were well; hence the event.
    """
    try:
        async for view in views:
            yield _chunk(": ping\n\n" if view is None else _order(view))
    except Exception as problem:  # this stream's boundary: whatever it was, the browser must hear of it
        yield _chunk(_error(service_error(_METHOD, problem)))


def _order(view: OrderView) -> str:
    return f"id: {view.version}\nevent: order\ndata: {order_to_json(view)}\n\n"


def _error(error: ServiceError) -> str:
    return f"event: error\ndata: {json_format.MessageToJson(status_of(error), indent=None)}\n\n"


def _chunk(text: str) -> HttpBody:
    return HttpBody(content_type=CONTENT_TYPE, data=text.encode())
