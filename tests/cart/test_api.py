"""Cart's methods by gRPC, and the events it follows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.type.money_pb2 import Money
from shopmesh.cart.v1 import cart_internal_service_pb2 as internal
from shopmesh.cart.v1 import cart_pb2
from shopmesh.cart.v1 import cart_service_pb2 as pb
from shopmesh.cart.v1.cart_service_pb2_grpc import CartServiceStub, add_CartServiceServicer_to_server
from shopmesh.catalog.v1.catalog_events_pb2 import ProductArchived, ProductUpdated
from shopmesh.catalog.v1.product_pb2 import PRODUCT_STATE_ACTIVE, PRODUCT_STATE_ARCHIVED, OptionValue, Product, Variant
from shopmesh.common.v1.totals_pb2 import OrderLine
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed

from services.cart.adapters.products import ValkeyProducts
from services.cart.api.consumers import order_handlers, product_handlers
from services.cart.api.internal_servicer import CartInternalServicer
from services.cart.api.servicer import CartServicer
from services.cart.use_cases import CartUseCases
from services.chassis import ids
from services.chassis.errors import ServiceError
from services.chassis.events import Event
from tests.cart.conftest import FakePrices
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
ANYTHING: Any = None


@pytest.fixture
async def stub(carts: CartUseCases) -> AsyncIterator[Any]:
    servicer = CartServicer(carts, "EUR")
    async with serving([(add_CartServiceServicer_to_server, servicer)]) as channel:
        yield CartServiceStub(channel)


def request_id() -> str:
    return str(uuid4())


def an_event(data: Any, sequence: str = "000001.000000000001") -> Event[Any]:
    now = datetime.now(UTC)
    return Event(uuid4(), data.DESCRIPTOR.full_name, "", now, sequence, "", data)


def a_product(variant_id: str, units: int, state: int = PRODUCT_STATE_ACTIVE) -> Product:
    price = Money(currency_code="EUR", units=units, nanos=990_000_000)
    options = [OptionValue(name="Colour", value="Blue"), OptionValue(name="Size", value="L")]
    variant = Variant(id=variant_id, sku="SHIRT-L", option_values=options, prices=[price])
    urls = ["https://x.test/1.jpg", "https://x.test/2.jpg"]
    return Product(id=ids.new("prod"), title="Linen shirt", image_urls=urls, variants=[variant], state=state)  # type: ignore[arg-type]


async def refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return reason_of(refused.value)


async def test_a_guest_fills_a_cart_that_they_know_by_its_id(stub: Any, prices: FakePrices) -> None:
    cart = await stub.CreateCart(pb.CreateCartRequest(request_id=request_id()))
    assert cart.state == cart_pb2.CART_STATE_ACTIVE
    assert cart.subtotal == Money(currency_code="EUR")
    variant_id = prices.sell()
    cart = await stub.AddItem(
        pb.AddItemRequest(request_id=request_id(), cart_id=cart.id, variant_id=variant_id, quantity=3)
    )
    [item] = cart.items
    assert (item.title, item.quantity, item.available) == ("Mug", 3, True)
    assert item.total == cart.subtotal == Money(currency_code="EUR", units=15)
    assert await stub.GetCart(pb.GetCartRequest(cart_id=cart.id)) == cart


async def test_repeats_of_an_add_at_once_answer_alike(stub: Any, prices: FakePrices) -> None:
    cart = await stub.CreateCart(pb.CreateCartRequest(request_id=request_id()))
    request = pb.AddItemRequest(request_id=request_id(), cart_id=cart.id, variant_id=prices.sell(), quantity=1)
    answers = await asyncio.gather(*(stub.AddItem(request) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].items[0].quantity == 1
    other = pb.AddItemRequest()
    other.CopyFrom(request)
    other.quantity = 2
    assert await refusal(stub.AddItem(other)) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")


async def test_an_own_cart_needs_a_token_and_is_nobody_elses(stub: Any, prices: FakePrices) -> None:
    user, variant_id = ids.new("usr"), prices.sell()
    assert await refusal(stub.GetCart(pb.GetCartRequest())) == ("UNAUTHENTICATED", "TOKEN_MISSING")
    request = pb.AddItemRequest(request_id=request_id(), variant_id=variant_id, quantity=1)
    cart = await stub.AddItem(request, metadata=bearer(user))
    assert await stub.GetCart(pb.GetCartRequest(), metadata=bearer(user)) == cart
    assert await stub.GetCart(pb.GetCartRequest(cart_id=cart.id), metadata=bearer(user)) == cart
    by_id = pb.GetCartRequest(cart_id=cart.id)
    for metadata in ((), bearer(ids.new("usr")), bearer(ids.new("usr"), "STAFF")):
        assert await refusal(stub.GetCart(by_id, metadata=metadata)) == ("NOT_FOUND", "CART_NOT_FOUND")


async def test_merging_answers_the_callers_cart(stub: Any, prices: FakePrices) -> None:
    user, guest = ids.new("usr"), await stub.CreateCart(pb.CreateCartRequest(request_id=request_id()))
    add = pb.AddItemRequest(request_id=request_id(), cart_id=guest.id, variant_id=prices.sell(), quantity=2)
    await stub.AddItem(add)
    merge = pb.MergeCartRequest(guest_cart_id=guest.id)
    assert (await refusal(stub.MergeCart(merge)))[0] == "UNAUTHENTICATED"
    own = await stub.MergeCart(merge, metadata=bearer(user))
    assert own == await stub.GetCart(pb.GetCartRequest(), metadata=bearer(user))
    assert [item.quantity for item in own.items] == [2]
    merged = await stub.GetCart(pb.GetCartRequest(cart_id=guest.id))
    assert merged.state == cart_pb2.CART_STATE_MERGED
    remove = pb.RemoveItemRequest(cart_id=guest.id, variant_id=own.items[0].variant_id)
    assert await refusal(stub.RemoveItem(remove)) == ("FAILED_PRECONDITION", "CART_MERGED")


async def test_an_order_reads_lines_and_etag(stub: Any, carts: CartUseCases, prices: FakePrices) -> None:
    user, variant_id = ids.new("usr"), prices.sell()
    add = pb.AddItemRequest(request_id=request_id(), variant_id=variant_id, quantity=2)
    cart = await stub.AddItem(add, metadata=bearer(user))
    servicer = CartInternalServicer(carts)
    lines = await servicer.GetCartLines(internal.GetCartLinesRequest(user_id=user), ANYTHING)
    assert (lines.cart_id, lines.etag) == (cart.id, cart.etag)
    assert [(line.variant_id, line.quantity) for line in lines.lines] == [(variant_id, 2)]
    with pytest.raises(ServiceError, match="not found"):
        await servicer.GetCartLines(internal.GetCartLinesRequest(cart_id=cart.id), ANYTHING)


async def test_product_events_change_what_carts_show(stub: Any, products: ValkeyProducts) -> None:
    variant_id, handlers = ids.new("var"), product_handlers(products)
    product = a_product(variant_id, units=19)
    await handlers[ProductUpdated](an_event(ProductUpdated(product=product)))
    cart = await stub.CreateCart(pb.CreateCartRequest(request_id=request_id()))
    add = pb.AddItemRequest(request_id=request_id(), cart_id=cart.id, variant_id=variant_id, quantity=2)
    [item] = (before := await stub.AddItem(add)).items
    assert (item.title, item.variant_title, item.sku) == ("Linen shirt", "Blue / L", "SHIRT-L")
    assert (item.image_url, item.total.units, item.total.nanos) == ("https://x.test/1.jpg", 39, 980_000_000)
    product.state = PRODUCT_STATE_ARCHIVED
    await handlers[ProductArchived](an_event(ProductArchived(product=product), "000001.000000000002"))
    after = await stub.GetCart(pb.GetCartRequest(cart_id=cart.id))
    assert not after.items[0].available
    assert not after.items[0].HasField("unit_price")
    assert after.subtotal.units == 0
    assert after.etag == before.etag


async def test_a_confirmed_order_takes_its_lines_out_of_the_cart_once(
    stub: Any, carts: CartUseCases, prices: FakePrices
) -> None:
    cart = await stub.CreateCart(pb.CreateCartRequest(request_id=request_id()))
    bought, kept = prices.sell(), prices.sell()
    for variant_id in (bought, kept):
        add = pb.AddItemRequest(request_id=request_id(), cart_id=cart.id, variant_id=variant_id, quantity=3)
        await stub.AddItem(add)
    lines = [OrderLine(variant_id=bought, quantity=1), OrderLine(variant_id=bought, quantity=1)]
    event = an_event(OrderConfirmed(order_id=ids.new("ord"), cart_id=cart.id, lines=lines))
    for _ in range(2):
        await order_handlers(carts)[OrderConfirmed](event)
    after = await stub.GetCart(pb.GetCartRequest(cart_id=cart.id))
    assert {item.variant_id: item.quantity for item in after.items} == {bought: 1, kept: 3}
