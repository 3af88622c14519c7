"""CartInternalService: carts for the service that makes orders of them."""

from typing import Any

from grpc.aio import ServicerContext
from shopmesh.cart.v1 import cart_internal_service_pb2 as pb
from shopmesh.cart.v1.cart_internal_service_pb2_grpc import CartInternalServiceServicer

from services.cart.api.mapping import lines_message
from services.cart.use_cases import CartUseCases, Place, own

Context = ServicerContext[Any, Any]


class CartInternalServicer(CartInternalServiceServicer):
    """The internal methods."""

    def __init__(self, carts: CartUseCases) -> None:
        self._carts = carts

    async def GetCartLines(self, request: pb.GetCartLinesRequest, context: Context) -> pb.GetCartLinesResponse:
        place = own(request.user_id) if request.user_id else Place(request.cart_id)
        return lines_message(await self._carts.lines(place))
