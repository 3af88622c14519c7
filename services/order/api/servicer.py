"""The public methods. Each asks whose the order is before it says anything of it."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from shopmesh.order.v1 import order_pb2, order_service_pb2
from shopmesh.order.v1.order_service_pb2_grpc import OrderServiceServicer

from services.chassis import paging, principal, requests
from services.chassis.access import require_owner
from services.chassis.errors import NotFound
from services.chassis.requests import own_requests
from services.order.api import server_sent_events as sse
from services.order.api.mapping import order_to_proto, placed_to_proto, states_of, wish_of
from services.order.domain.order import OrderView
from services.order.ports import OrderRecord, PageKey, PlacementKey
from services.order.use_cases.placing import PlaceOrder
from services.order.use_cases.reading import Reading

Context = grpc.aio.ServicerContext[Any, Any]


class OrderServicer(OrderServiceServicer):
    """shopmesh.order.v1.OrderService"""

    def __init__(self, place_order: PlaceOrder, reading: Reading) -> None:
        self._place_order = place_order
        self._reading = reading

    @own_requests
    async def PlaceOrder(
        self, request: order_service_pb2.PlaceOrderRequest, context: Context
    ) -> order_service_pb2.PlaceOrderResponse:
        made = requests.current()
        key = PlacementKey(made.scope, made.request_id, made.body_hash)
        wish = wish_of(request, principal.current().user_id, key)
        return placed_to_proto(await self._place_order(wish))

    async def GetOrder(self, request: order_service_pb2.GetOrderRequest, context: Context) -> order_pb2.Order:
        record = await self._owned(request.order_id)
        return order_to_proto(record.view)

    async def ListOrders(
        self, request: order_service_pb2.ListOrdersRequest, context: Context
    ) -> order_service_pb2.ListOrdersResponse:
        after = paging.last_keys(request)
        size = paging.page_size(request.page_size)
        user_id = principal.current().user_id
        found = await self._reading.page(user_id, states_of(request), _page_key(after), size + 1)
        shown = found[:size]
        token = paging.next_token(request, _sort_keys(shown[-1])) if len(found) > size else ""
        orders = [order_to_proto(view) for view in shown]
        return order_service_pb2.ListOrdersResponse(orders=orders, next_page_token=token)

    async def CancelOrder(self, request: order_service_pb2.CancelOrderRequest, context: Context) -> order_pb2.Order:
        await self._owned(request.order_id)
        made = requests.current()
        cause = f"rpc:CancelOrder:{made.scope}:{made.request_id}"
        return order_to_proto(await self._reading.cancel(request.order_id, cause, request.reason))

    async def WatchOrder(
        self, request: order_service_pb2.WatchOrderRequest, context: Context
    ) -> AsyncGenerator[order_service_pb2.WatchOrderResponse, None]:
        await self._owned(request.order_id)
        async for view in self._reading.watch(request.order_id, request.after_version):
            if view is not None:
                yield order_service_pb2.WatchOrderResponse(order=order_to_proto(view))

    async def WatchOrderEvents(
        self, request: order_service_pb2.WatchOrderEventsRequest, context: Context
    ) -> AsyncGenerator[HttpBody, None]:
        await self._owned(request.order_id)
        after = max(request.after_version, sse.last_event_id(context.invocation_metadata() or ()))
        async for chunk in sse.events(self._reading.watch(request.order_id, after)):
            yield chunk

    async def _owned(self, order_id: str) -> OrderRecord:
        """The order, if the caller may see it; a foreign one and an unknown one are the same NotFound."""
        record = await self._reading.get(order_id)
        placed = record.order.placed
        require_owner(user_id=placed.user_id, order_token_hash=placed.token_hash, not_found=NotFound("order", order_id))
        return record


def _page_key(keys: list[str] | None) -> PageKey | None:
    return PageKey(datetime.fromisoformat(keys[0]), keys[1]) if keys else None


def _sort_keys(view: OrderView) -> list[str]:
    return [view.create_time.isoformat(), view.id]
