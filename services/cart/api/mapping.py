"""Carts and events as messages, and back."""

from collections import Counter
from collections.abc import Mapping

from shopmesh.cart.v1 import cart_internal_service_pb2, cart_pb2
from shopmesh.catalog.v1 import product_pb2
from shopmesh.order.v1 import order_events_pb2

from services.cart.domain.carts import Cart, Line
from services.cart.domain.products import Offer, ProductCopy, VariantCopy
from services.cart.use_cases import CartView
from services.chassis.money import Money
from services.chassis.protos import money_from_proto, money_to_proto, timestamp


def cart_message(view: CartView, currency: str) -> cart_pb2.Cart:
    """A cart as its owner sees it; the subtotal counts what can be bought."""
    cart = view.cart
    offers = {line.variant_id: _offer(line, view.offers) for line in cart.lines}
    prices = ((line.quantity, offers[line.variant_id].unit_price) for line in cart.lines)
    totals = (price * quantity for quantity, price in prices if price is not None)
    return cart_pb2.Cart(
        id=cart.id,
        state=cart_pb2.CART_STATE_MERGED if cart.merge else cart_pb2.CART_STATE_ACTIVE,
        items=[_item(line, offers[line.variant_id]) for line in cart.lines],
        subtotal=money_to_proto(sum(totals, Money.zero(currency))),
        etag=cart.etag,
        update_time=timestamp(cart.update_time),
        expire_time=timestamp(cart.expire_time),
    )


def lines_message(cart: Cart) -> cart_internal_service_pb2.GetCartLinesResponse:
    """A cart as an order needs it."""
    lines = [cart_internal_service_pb2.CartLine(variant_id=x.variant_id, quantity=x.quantity) for x in cart.lines]
    return cart_internal_service_pb2.GetCartLinesResponse(cart_id=cart.id, etag=cart.etag, lines=lines)


def product_copy(product: product_pb2.Product, sequence: str) -> ProductCopy:
    """What a cart keeps of a product."""
    return ProductCopy(
        id=product.id,
        sequence=sequence,
        title=product.title,
        image_url=product.image_urls[0] if product.image_urls else "",
        on_sale=product.state == product_pb2.PRODUCT_STATE_ACTIVE,
        variants={variant.id: _variant_copy(variant) for variant in product.variants},
    )


def bought(event: order_events_pb2.OrderConfirmed) -> Mapping[str, int]:
    """Units bought, by variant id."""
    units: Counter[str] = Counter()
    for line in event.lines:
        units[line.variant_id] += line.quantity
    return units


def _offer(line: Line, offers: Mapping[str, Offer]) -> Offer:
    return offers.get(line.variant_id) or Offer(line.variant_id, line.product_id)


def _item(line: Line, offer: Offer) -> cart_pb2.CartItem:
    price = offer.unit_price
    return cart_pb2.CartItem(
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=offer.sku,
        title=offer.title,
        variant_title=offer.variant_title,
        image_url=offer.image_url,
        quantity=line.quantity,
        unit_price=money_to_proto(price) if price is not None else None,
        total=money_to_proto(price * line.quantity) if price is not None else None,
        available=price is not None,
    )


def _variant_copy(variant: product_pb2.Variant) -> VariantCopy:
    prices = [money_from_proto(price, "price") for price in variant.prices]
    title = " / ".join(value.value for value in variant.option_values)
    return VariantCopy(variant.sku, title, {price.currency: price.amount for price in prices})
