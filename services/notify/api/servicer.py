"""NotifyService: deliveries, for staff."""

from datetime import datetime
from typing import Any

from grpc.aio import ServicerContext
from shopmesh.notify.v1 import notify_service_pb2 as pb
from shopmesh.notify.v1.notify_service_pb2_grpc import NotifyServiceServicer

from services.chassis import paging
from services.notify.api.mapping import delivery_message, states_of
from services.notify.ports import Filter
from services.notify.use_cases import Notifications

Context = ServicerContext[Any, Any]


class NotifyServicer(NotifyServiceServicer):
    """The public methods."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Context) -> pb.ListDeliveriesResponse:
        keys = paging.last_keys(request)
        after = (datetime.fromisoformat(keys[0]), keys[1]) if keys else None
        size = paging.page_size(request.page_size)
        wanted = Filter(request.subject_id, states_of(request.state), after)
        found = await self._notifications.list(wanted, size + 1)
        answer = pb.ListDeliveriesResponse(deliveries=[delivery_message(delivery) for delivery in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            answer.next_page_token = paging.next_token(request, [last.create_time.isoformat(), last.id])
        return answer
