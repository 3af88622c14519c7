"""CartService: carts of guests and of customers."""

from typing import Any

from grpc.aio import ServicerContext
from shopmesh.cart.v1 import cart_pb2
from shopmesh.cart.v1 import cart_service_pb2 as pb
from shopmesh.cart.v1.cart_service_pb2_grpc import CartServiceServicer

from services.cart.api.mapping import cart_message
from services.cart.use_cases import CartUseCases, CartView, Place, own
from services.chassis import access, principal, requests
from services.chassis.errors import NotFound, Unauthenticated

Context = ServicerContext[Any, Any]


class CartServicer(CartServiceServicer):
    """The public methods. Requests are kept in the cart's own hash slot, not by the server."""

    def __init__(self, carts: CartUseCases, currency: str) -> None:
        self._carts = carts
        self._currency = currency

    @requests.own_requests
    async def CreateCart(self, request: pb.CreateCartRequest, context: Context) -> cart_pb2.Cart:
        key = requests.current()
        return self._message(await self._carts.create(key.scope, key.request_id))

    async def GetCart(self, request: pb.GetCartRequest, context: Context) -> cart_pb2.Cart:
        return self._message(await self._carts.get(_place(request.cart_id)))

    @requests.own_requests
    async def AddItem(self, request: pb.AddItemRequest, context: Context) -> cart_pb2.Cart:
        place = _place(request.cart_id)
        view = await self._carts.add(place, requests.current(), request.variant_id, request.quantity)
        return self._message(view)

    async def SetItemQuantity(self, request: pb.SetItemQuantityRequest, context: Context) -> cart_pb2.Cart:
        place = _place(request.cart_id)
        return self._message(await self._carts.set_quantity(place, request.variant_id, request.quantity))

    async def RemoveItem(self, request: pb.RemoveItemRequest, context: Context) -> cart_pb2.Cart:
        return self._message(await self._carts.remove(_place(request.cart_id), request.variant_id))

    async def MergeCart(self, request: pb.MergeCartRequest, context: Context) -> cart_pb2.Cart:
        return self._message(await self._carts.merge(request.guest_cart_id, principal.current().user_id))

    def _message(self, view: CartView) -> cart_pb2.Cart:
        return cart_message(view, self._currency)


def _place(cart_id: str) -> Place:
    """The cart meant: the caller's own where no id is given or theirs is, else a guest's.

    A guest's cart belongs to whoever knows its id. That an id is really a guest's shows when the cart is read: one with
    an owner is not found by its id.
    """
    user_id = principal.current().user_id
    if not cart_id and not user_id:
        raise Unauthenticated("TOKEN_MISSING", "an own cart needs a token; a guest's cart is asked for by its id")
    place = own(user_id) if user_id else Place(cart_id)
    if cart_id and cart_id != place.cart_id:
        place = Place(cart_id)
    access.require_owner(user_id=place.owner or None, cart=not place.owner, not_found=NotFound("cart", place.cart_id))
    return place
