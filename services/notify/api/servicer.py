"""NotifyService: deliveries, for staff."""

from datetime import datetime
from typing import Any

from grpc.aio import ServicerContext
from shopmesh.notify.v1 import notify_service_pb2 as pb
from shopmesh.notify.v1.notify_service_pb2_grpc import NotifyServiceServicer

from services.chassis import ids, paging
from services.chassis.errors import invalid_field
from services.notify.api.mapping import delivery_message, states_of
from services.notify.ports import Filter
from services.notify.use_cases import Notifications

Context = ServicerContext[Any, Any]


class NotifyServicer(NotifyServiceServicer):
    """The public methods."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Context) -> pb.ListDeliveriesResponse:
        size = paging.page_size(request.page_size)
        wanted = Filter(request.subject_id, states_of(request.state), _after(request))
        found = await self._notifications.list(wanted, size + 1)
        answer = pb.ListDeliveriesResponse(deliveries=[delivery_message(delivery) for delivery in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            answer.next_page_token = paging.next_token(request, [last.create_time.isoformat(), last.id])
        return answer


def _after(request: pb.ListDeliveriesRequest) -> tuple[datetime, str] | None:
    """Create time and id of the delivery that the page begins behind; None for the first page."""
    keys = paging.last_keys(request)
    if keys is None:
        return None
    try:
        time, delivery_id = keys
        ids.uuid_of(delivery_id)
        return datetime.fromisoformat(time), delivery_id
    except ValueError as error:
        raise invalid_field("page_token", "does not belong to this list: start with the first page") from error
