"""Events that cart follows."""

from typing import Any

from shopmesh.catalog.v1.catalog_events_pb2 import ProductArchived, ProductCreated, ProductUpdated
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed

from services.cart.api.mapping import bought, product_copy
from services.cart.ports import Products
from services.cart.use_cases import CartUseCases
from services.chassis.consumer import EventHandler
from services.chassis.events import Event

Handlers = dict[type[Any], EventHandler]


def order_handlers(carts: CartUseCases) -> Handlers:
    """OrderConfirmed takes exactly what was bought out of its cart."""

    async def order_confirmed(event: Event[OrderConfirmed]) -> None:
        if event.data.cart_id:
            await carts.drop(event.data.cart_id, event.id, bought(event.data))

    return {OrderConfirmed: order_confirmed}


def product_handlers(products: Products) -> Handlers:
    """Product events carry the whole product: the copy becomes it, unless it is newer."""

    async def product_changed(event: Event[ProductCreated | ProductUpdated | ProductArchived]) -> None:
        await products.put(product_copy(event.data.product, event.sequence))

    return {ProductCreated: product_changed, ProductUpdated: product_changed, ProductArchived: product_changed}
