"""What staff and orders do to stock, called by real stubs on both ports."""

from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2
from shopmesh.catalog.v1 import catalog_internal_service_pb2 as internal_pb
from shopmesh.catalog.v1 import catalog_service_pb2 as pb

from services.chassis import ids
from services.chassis.errors import ServiceError
from services.chassis.protos import timestamp
from tests.catalog.conftest import LATER
from tests.catalog.serving import Api, reason, refusal
from tests.chassis.test_server import details

pytestmark = pytest.mark.stack


async def test_stock_is_adjusted_and_never_below_zero(api: Api) -> None:
    created = await api.create()
    target = created.variants[0]

    def request(delta: int) -> pb.AdjustStockRequest:
        return pb.AdjustStockRequest(request_id=str(uuid4()), variant_id=target.id, delta=delta, reason="count")

    answer = await api.public.AdjustStock(request(4), metadata=api.staff)
    assert (answer.free, answer.reserved, answer.sold) == (7, 0, 0)
    error = await refusal(api.public.AdjustStock(request(-8), metadata=api.staff))
    assert reason(error) == (grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_STOCK")
    assert details(error, error_details_pb2.PreconditionFailure).violations[0].subject == target.sku
    assert (await api.public.GetProduct(pb.GetProductRequest(product_id=created.id))).variants[0].stock == 7


async def test_orders_price_reserve_sell_and_release(api: Api) -> None:
    created, order_id, unknown = await api.create(), ids.new("ord"), ids.new("var")
    small, medium = (v.id for v in created.variants)
    priced = await api.internal.PriceLines(
        internal_pb.PriceLinesRequest(variant_ids=[medium, unknown, small], currency_code="EUR")
    )
    assert [(v.variant_id, v.variant_title, v.unit_price.units, v.free) for v in priced.variants] == [
        (medium, "M", 49, 3),
        (small, "S", 49, 3),
    ]
    assert list(priced.unavailable_variant_ids) == [unknown]

    reserve = internal_pb.ReserveStockRequest(
        order_id=order_id,
        lines=[internal_pb.StockLine(variant_id=medium, quantity=2)],
        expire_time=timestamp(LATER),
    )
    for _ in range(2):
        assert (await api.internal.ReserveStock(reserve)).state == internal_pb.RESERVATION_STATE_RESERVED
    sold = await api.internal.SellStock(internal_pb.SellStockRequest(order_id=order_id))
    assert sold.state == internal_pb.RESERVATION_STATE_SOLD
    released = await api.internal.ReleaseStock(internal_pb.ReleaseStockRequest(order_id=order_id))
    assert released.state == internal_pb.RESERVATION_STATE_RELEASED
    with pytest.raises(ServiceError, match="RESERVATION_RELEASED"):
        await api.internal.ReserveStock(reserve)


async def test_a_shortage_reaches_the_caller_with_sku_and_what_is_available(api: Api) -> None:
    created = await api.create()
    reserve = internal_pb.ReserveStockRequest(
        order_id=ids.new("ord"),
        lines=[
            internal_pb.StockLine(variant_id=v.id, quantity=quantity)
            for v, quantity in zip(created.variants, (1, 4), strict=True)
        ],
        expire_time=timestamp(LATER),
    )
    with pytest.raises(ServiceError, match="INSUFFICIENT_STOCK") as caught:
        await api.internal.ReserveStock(reserve)
    assert caught.value.metadata[created.variants[1].sku] == "3"
    assert [(p.subject, p.description) for p in caught.value.preconditions] == [
        (created.variants[1].sku, "3 units available, 4 units wanted")
    ]
