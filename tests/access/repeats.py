"""For every method declared REQUEST_ID: a request of its own, another body, and how to count its effects."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from shopmesh.cart.v1 import cart_service_pb2 as cart
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog
from shopmesh.catalog.v1 import category_pb2, product_pb2
from shopmesh.order.v1 import order_service_pb2 as order
from shopmesh.payment.v1 import payment_service_pb2 as payment

from deploy.local import addresses
from services.cart.adapters.valkey import connect
from services.chassis import ids
from tests.access.builders import fresh, product
from tests.access.world import Caller, World

Count = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class Repeat:
    """`other` has the same request id and another body, None where the request is nothing but its id. `effects` counts."""

    caller: Caller
    request: Message
    other: Message | None
    effects: Count


def counting(world: World, service: str, statement: str, *values: object) -> Count:
    """Counts rows."""

    async def count() -> int:
        row = await world.shop.row(service, f"select count(*)::int as n from {statement}", *values)
        return int(row["n"]) if row else 0

    return count


async def create_cart(world: World) -> Repeat:
    before = await carts(world)

    async def made() -> int:
        return len(await carts(world) - before)

    return Repeat(Caller.ANONYMOUS, cart.CreateCartRequest(request_id=fresh()), None, made)


async def carts(world: World) -> set[str]:
    """The keys of all carts."""
    valkey = connect(addresses.valkey(world.shop.stack.installation), pool_size=1)
    async with aclosing(valkey):
        return {key async for key in valkey.scan_iter("cart:{*}", count=1000)}


async def add_item(world: World) -> Repeat:
    variant, request_id = await world.shop.variant(), fresh()
    made = {"request_id": request_id, "cart_id": world.own_cart_id, "variant_id": variant.id}

    async def units() -> int:
        return (await world.owner.quantities())[variant.id]

    request, other = (cart.AddItemRequest(**made, quantity=quantity) for quantity in (1, 2))
    return Repeat(Caller.OWNER, request, other, units)


async def create_product(world: World) -> Repeat:
    request = catalog.CreateProductRequest(request_id=fresh(), product=product())
    other = catalog.CreateProductRequest(request_id=request.request_id, product=product())
    rows = counting(world, "catalog", "products where slug = any(%s)", [request.product.slug, other.product.slug])
    return Repeat(Caller.STAFF, request, other, rows)


async def update_product(world: World) -> Repeat:
    variant, request_id = await world.shop.variant(), fresh()

    def titled(title: str) -> Message:
        changed = product_pb2.Product(id=variant.product_id, title=title)
        return catalog.UpdateProductRequest(request_id=request_id, product=changed, update_mask={"paths": ["title"]})

    async def versions() -> int:
        statement = "select version from products where id = %s"
        row = await world.shop.row("catalog", statement, ids.uuid_of(variant.product_id))
        return int(row["version"]) - 1 if row else 0

    return Repeat(Caller.STAFF, titled("One"), titled("Another"), versions)


async def adjust_stock(world: World) -> Repeat:
    variant, request_id = await world.shop.variant(stock=0), fresh()
    made = {"request_id": request_id, "variant_id": variant.id}

    async def units() -> int:
        return (await world.shop.stock(variant)).received

    request, other = (catalog.AdjustStockRequest(**made, delta=1, reason=reason) for reason in ("one", "another"))
    return Repeat(Caller.STAFF, request, other, units)


async def create_category(world: World) -> Repeat:
    request_id, slugs = fresh(), [fresh(), fresh()]
    request, other = (
        catalog.CreateCategoryRequest(request_id=request_id, category=category_pb2.Category(slug=slug, title="Tea"))
        for slug in slugs
    )
    return Repeat(Caller.STAFF, request, other, counting(world, "catalog", "categories where slug = any(%s)", slugs))


async def place_order(world: World) -> Repeat:
    variant = await world.shop.variant()
    await world.owner.add(variant)
    request = ParseDict(await world.owner.order_request(), order.PlaceOrderRequest())
    other = order.PlaceOrderRequest()
    other.CopyFrom(request)
    other.contact.display_name = "Somebody else"

    async def units_held() -> int:
        return (await world.shop.stock(variant)).reserved

    return Repeat(Caller.OWNER, request, other, units_held)


async def cancel_order(world: World) -> Repeat:
    purchase = await world.owner.place()
    made = {"request_id": fresh(), "order_id": purchase.id}
    asked = counting(
        world, "order", "order_events where order_id = %s and type = 'CancelRequested'", ids.uuid_of(purchase.id)
    )
    request, other = (order.CancelOrderRequest(**made, reason=reason) for reason in ("one", "another"))
    return Repeat(Caller.OWNER, request, other, asked)


async def refund_payment(world: World) -> Repeat:
    variant = await world.shop.variant()
    await world.guest.add(variant, 2)
    purchase = await world.guest.place()
    await world.guest.pay(purchase)
    await world.guest.until(purchase, "CONFIRMED")
    made = {"request_id": fresh(), "order_id": purchase.id, "reason": "broken"}
    units = payment.RefundPaymentLine(variant_id=variant.id, quantity=1)
    of_order = "refunds where payment_id = (select id from payments where order_id = %s)"
    refunds = counting(world, "payment", of_order, ids.uuid_of(purchase.id))
    request, other = (payment.RefundPaymentRequest(**made, lines=lines) for lines in ([units], []))
    return Repeat(Caller.STAFF, request, other, refunds)


REPEATS: Mapping[str, Callable[[World], Awaitable[Repeat]]] = {
    "CartService.CreateCart": create_cart,
    "CartService.AddItem": add_item,
    "CatalogService.CreateProduct": create_product,
    "CatalogService.UpdateProduct": update_product,
    "CatalogService.AdjustStock": adjust_stock,
    "CatalogService.CreateCategory": create_category,
    "OrderService.PlaceOrder": place_order,
    "OrderService.CancelOrder": cancel_order,
    "PaymentService.RefundPayment": refund_payment,
}
