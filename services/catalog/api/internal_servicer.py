"""Catalog's methods for other services."""

from typing import Any

import grpc
from shopmesh.catalog.v1 import catalog_internal_service_pb2 as pb
from shopmesh.catalog.v1.catalog_internal_service_pb2_grpc import CatalogInternalServiceServicer

from services.catalog.api import mapping
from services.catalog.domain.stock import ReservationState
from services.catalog.use_cases.stock import StockUseCases
from services.chassis.protos import datetime_of

Context = grpc.aio.ServicerContext[Any, Any]
_STATES = {
    ReservationState.RESERVED: pb.RESERVATION_STATE_RESERVED,
    ReservationState.SOLD: pb.RESERVATION_STATE_SOLD,
    ReservationState.LAPSED: pb.RESERVATION_STATE_LAPSED,
    ReservationState.RELEASED: pb.RESERVATION_STATE_RELEASED,
}


class CatalogInternalServicer(CatalogInternalServiceServicer):
    """Translates calls to use cases."""

    def __init__(self, stock: StockUseCases) -> None:
        self._stock = stock

    async def PriceLines(self, request: pb.PriceLinesRequest, context: Context) -> pb.PriceLinesResponse:
        lines = await self._stock.price(request.variant_ids, request.currency_code)
        variants = [mapping.priced_to_proto(variant) for variant in lines.variants]
        return pb.PriceLinesResponse(variants=variants, unavailable_variant_ids=lines.unavailable)

    async def ReserveStock(self, request: pb.ReserveStockRequest, context: Context) -> pb.ReserveStockResponse:
        state = await self._stock.reserve(
            request.order_id, mapping.lines_from_proto(request.lines), datetime_of(request.expire_time)
        )
        return pb.ReserveStockResponse(state=_STATES[state])

    async def SellStock(self, request: pb.SellStockRequest, context: Context) -> pb.SellStockResponse:
        return pb.SellStockResponse(state=_STATES[await self._stock.sell(request.order_id)])

    async def ReleaseStock(self, request: pb.ReleaseStockRequest, context: Context) -> pb.ReleaseStockResponse:
        return pb.ReleaseStockResponse(state=_STATES[await self._stock.release(request.order_id)])
