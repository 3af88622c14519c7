"""A request for every public method, about the resources of the world's owner. A new method needs a line here."""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from google.api import httpbody_pb2
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from shopmesh.auth.v1 import auth_service_pb2 as auth
from shopmesh.cart.v1 import cart_service_pb2 as cart
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog
from shopmesh.catalog.v1 import category_pb2, product_pb2
from shopmesh.notify.v1 import notify_service_pb2 as notify
from shopmesh.order.v1 import order_service_pb2 as order
from shopmesh.payment.v1 import invoice_service_pb2 as invoice
from shopmesh.payment.v1 import payment_service_pb2 as payment

from services.chassis import ids
from tests.access.world import World
from tests.e2e.api import euro
from tests.e2e.shop import PASSWORD

Builder = Callable[[World], Awaitable[Message]]


def fresh() -> str:
    """A new request id, also good as a slug."""
    return str(uuid.uuid4())


def product() -> product_pb2.Product:
    """A product that is not there yet."""
    name = fresh()
    variant = {"sku": name, "prices": [euro(500)], "initialStock": 1}
    return ParseDict({"slug": name, "title": "Teapot", "variants": [variant]}, product_pb2.Product())


async def _log_in(world: World) -> Message:
    return auth.LogInRequest(email=world.owner.email, password=PASSWORD)


async def _register(_: World) -> Message:
    return auth.RegisterRequest(email=f"{fresh()}@example.com", password=PASSWORD, display_name="New")


async def _refresh(world: World) -> Message:
    session = await world.owner.api.post("/api/v1/sessions", {"email": world.owner.email, "password": PASSWORD})
    return auth.RefreshTokenRequest(refresh_token=session["refreshToken"])


async def _place(world: World) -> Message:
    return ParseDict(await world.guest.order_request(), order.PlaceOrderRequest())


async def _merge(world: World) -> Message:
    guests = await world.guest.api.post("/api/v1/carts", {"requestId": fresh()})
    return cart.MergeCartRequest(guest_cart_id=guests["id"])


def _said(make: Callable[[World], Message]) -> Builder:
    """A builder that waits for nothing."""

    async def build(world: World) -> Message:
        return make(world)

    return build


BUILDERS: Mapping[str, Builder] = {
    "AuthService.Register": _register,
    "AuthService.LogIn": _log_in,
    "AuthService.RefreshToken": _refresh,
    "AuthService.LogOut": _said(lambda _: auth.LogOutRequest(refresh_token="nobody's")),
    "AuthService.GetMe": _said(lambda _: auth.GetMeRequest()),
    "AuthService.GetJwks": _said(lambda _: auth.GetJwksRequest()),
    "CartService.CreateCart": _said(lambda _: cart.CreateCartRequest(request_id=fresh())),
    "CartService.GetCart": _said(lambda w: cart.GetCartRequest(cart_id=w.own_cart_id)),
    "CartService.AddItem": _said(
        lambda w: cart.AddItemRequest(request_id=fresh(), cart_id=w.own_cart_id, variant_id=w.variant.id, quantity=1)
    ),
    "CartService.SetItemQuantity": _said(
        lambda w: cart.SetItemQuantityRequest(cart_id=w.own_cart_id, variant_id=w.variant.id, quantity=2)
    ),
    "CartService.RemoveItem": _said(lambda w: cart.RemoveItemRequest(cart_id=w.own_cart_id, variant_id=w.spare.id)),
    "CartService.MergeCart": _merge,
    "CatalogService.GetProduct": _said(lambda w: catalog.GetProductRequest(product_id=w.variant.product_id)),
    "CatalogService.ListProducts": _said(lambda _: catalog.ListProductsRequest(page_size=1)),
    "CatalogService.BatchGetProducts": _said(
        lambda w: catalog.BatchGetProductsRequest(product_ids=[w.variant.product_id])
    ),
    "CatalogService.CreateProduct": _said(
        lambda _: catalog.CreateProductRequest(request_id=fresh(), product=product())
    ),
    "CatalogService.UpdateProduct": _said(
        lambda w: catalog.UpdateProductRequest(
            request_id=fresh(),
            product=product_pb2.Product(id=w.variant.product_id, title="Changed"),
            update_mask={"paths": ["title"]},
        )
    ),
    "CatalogService.ArchiveProduct": _said(lambda w: catalog.ArchiveProductRequest(product_id=w.spare.product_id)),
    "CatalogService.AdjustStock": _said(
        lambda w: catalog.AdjustStockRequest(request_id=fresh(), variant_id=w.variant.id, delta=1, reason="delivery")
    ),
    "CatalogService.ListCategories": _said(lambda _: catalog.ListCategoriesRequest(page_size=1)),
    "CatalogService.CreateCategory": _said(
        lambda _: catalog.CreateCategoryRequest(
            request_id=fresh(), category=category_pb2.Category(slug=fresh(), title="Tea")
        )
    ),
    "InvoiceService.ListInvoices": _said(lambda w: invoice.ListInvoicesRequest(order_id=w.purchase.id)),
    "InvoiceService.GetInvoice": _said(
        lambda w: invoice.GetInvoiceRequest(order_id=w.purchase.id, invoice_id=ids.new("inv"))
    ),
    "InvoiceService.GetInvoiceFile": _said(
        lambda w: invoice.GetInvoiceFileRequest(order_id=w.purchase.id, invoice_id=ids.new("inv"))
    ),
    "NotifyService.ListDeliveries": _said(lambda _: notify.ListDeliveriesRequest(page_size=1)),
    "OrderService.PlaceOrder": _place,
    "OrderService.GetOrder": _said(lambda w: order.GetOrderRequest(order_id=w.purchase.id)),
    "OrderService.ListOrders": _said(lambda _: order.ListOrdersRequest()),
    "OrderService.CancelOrder": _said(lambda w: order.CancelOrderRequest(request_id=fresh(), order_id=w.purchase.id)),
    "OrderService.WatchOrder": _said(lambda w: order.WatchOrderRequest(order_id=w.purchase.id)),
    "OrderService.WatchOrderEvents": _said(lambda w: order.WatchOrderEventsRequest(order_id=w.purchase.id)),
    "PaymentService.GetPayment": _said(lambda w: payment.GetPaymentRequest(order_id=w.purchase.id)),
    "PaymentService.VerifyPayment": _said(lambda w: payment.VerifyPaymentRequest(order_id=w.purchase.id)),
    "PaymentService.RefundPayment": _said(
        lambda w: payment.RefundPaymentRequest(request_id=fresh(), order_id=w.purchase.id, reason="broken")
    ),
    "PaymentService.GetPaymentConfig": _said(lambda _: payment.GetPaymentConfigRequest()),
    "PaymentService.ReceiveStripeNotice": _said(
        lambda _: payment.ReceiveStripeNoticeRequest(
            notice=httpbody_pb2.HttpBody(content_type="application/json", data=b"{}")
        )
    ),
}
