"""What cart does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cart.domain import carts
from services.cart.domain.cart_ids import guest_cart_id, own_cart_id
from services.cart.domain.carts import Cart, Line, Lives
from services.cart.domain.products import Offer
from services.cart.ports import Carts, Decide, Prices, Products
from services.chassis.clock import Clock
from services.chassis.errors import Code, FailedPrecondition, ServiceError
from services.chassis.requests import RequestKey


@dataclass(frozen=True, slots=True)
class Place:
    """Which cart: a guest's by its id, or the one of ``owner``."""

    cart_id: str
    owner: str = ""


def own(user_id: str) -> Place:
    """A customer's own cart."""
    return Place(own_cart_id(user_id), user_id)


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart with the offers of its variants; one without an offer is unknown to the catalog, or it is away."""

    cart: Cart
    offers: Mapping[str, Offer]


class Catalog:
    """Offers: from the copies, and from the catalog itself for what the copies lack."""

    def __init__(self, products: Products, prices: Prices) -> None:
        self._products = products
        self._prices = prices

    async def offer(self, variant_id: str) -> Offer | None:
        """One variant's offer; None where it cannot be bought. Unavailable where that cannot be known."""
        product_id = await self._products.product_of(variant_id)
        known = await self._products.offers([(variant_id, product_id)]) if product_id else {}
        if variant_id not in known:
            known = await self._prices.offers([variant_id])
        offer = known.get(variant_id)
        return offer if offer and offer.unit_price is not None else None

    async def offers(self, lines: Sequence[Line]) -> dict[str, Offer]:
        """The offers of a cart's lines. With the catalog away, lines without a copy show without a price."""
        offers = await self._products.offers([(line.variant_id, line.product_id) for line in lines])
        missing = [line.variant_id for line in lines if line.variant_id not in offers]
        return offers | await self._asked(missing) if missing else offers

    async def _asked(self, variant_ids: list[str]) -> dict[str, Offer]:
        try:
            return await self._prices.offers(variant_ids)
        except ServiceError as error:
            if error.code is not Code.UNAVAILABLE:
                raise
            return {}


class CartUseCases:
    """Reading, changing and merging carts."""

    def __init__(self, store: Carts, catalog: Catalog, lives: Lives, id_key: bytes, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._lives = lives
        self._id_key = id_key
        self._clock = clock

    async def create(self, caller: str, request_id: UUID) -> CartView:
        """A guest's cart; the same request gets the same one."""
        cart_id = guest_cart_id(self._id_key, caller, request_id)
        cart = await self._store.change(
            cart_id, lambda known: known or carts.empty(cart_id, "", self._clock(), self._lives)
        )
        assert cart is not None
        return await self._view(cart)

    async def get(self, place: Place) -> CartView:
        """The cart with its offers."""
        return await self._view(self._found(place, await self._store.get(place.cart_id)))

    async def lines(self, place: Place) -> Cart:
        """The cart for an order; CART_MERGED."""
        return carts.require_orderable(self._found(place, await self._store.get(place.cart_id)))

    async def add(self, place: Place, request: RequestKey, variant_id: str, quantity: int) -> CartView:
        """More units of a variant; VARIANT_UNAVAILABLE, CART_FULL, QUANTITY_LIMIT, CART_MERGED."""
        self._found(place, await self._store.get(place.cart_id))
        answered = await self._store.answer(place.cart_id, request)
        if answered:
            return await self._view(answered)
        offer = await self._catalog.offer(variant_id)

        def decide(known: Cart | None) -> Cart:
            cart = self._found(place, known)
            if offer is None:
                raise FailedPrecondition(
                    "VARIANT_UNAVAILABLE", "this variant cannot be bought", metadata={"variant_id": variant_id}
                )
            return carts.add(cart, variant_id, offer.product_id, quantity, self._clock(), self._lives)

        return await self._view(await self._store.change_for_request(place.cart_id, request, decide))

    async def set_quantity(self, place: Place, variant_id: str, quantity: int) -> CartView:
        """Other units of a line."""
        return await self._change(
            place, lambda cart: carts.set_quantity(cart, variant_id, quantity, self._clock(), self._lives)
        )

    async def remove(self, place: Place, variant_id: str) -> CartView:
        """The cart without a line."""
        return await self._change(place, lambda cart: carts.remove(cart, variant_id, self._clock(), self._lives))

    async def merge(self, guest_id: str, user_id: str) -> CartView:
        """A guest's lines in the user's own cart, once; a repeat carries on where the last one stopped."""
        target = own(user_id)
        guest = await self._store.change(
            guest_id, lambda cart: carts.freeze(cart, guest_id, target.cart_id, user_id, self._clock(), self._lives)
        )
        assert guest is not None
        await self._finish_merge(guest)
        return await self.get(target)

    async def drop(self, cart_id: str, event_id: UUID, bought: Mapping[str, int]) -> None:
        """Take what was bought out of its cart, once per event; out of the cart that it went into, if it did."""
        mark = f"event:{event_id}"
        decide: Decide = lambda cart: carts.drop(cart, bought, self._clock(), self._lives)  # noqa: E731
        try:
            await self._store.change_once(cart_id, mark, decide)
        except carts.Merged as merged:
            guest = merged.cart
            assert guest.merge is not None
            # What the merge has yet to bring would otherwise come after the drop, and stay.
            await self._finish_merge(guest)
            await self._store.change_once(guest.merge.into, mark, decide)

    async def _finish_merge(self, guest: Cart) -> None:
        """Steps 2 and 3 of a merge, whose first froze the guest's cart."""
        assert guest.merge is not None
        if guest.merge.done:
            return
        target = Place(guest.merge.into, guest.merge.by)

        def take_in(known: Cart | None) -> Cart:
            return carts.take_in(self._found(target, known), guest.lines, self._clock(), self._lives)

        await self._store.change_once(target.cart_id, f"merge:{guest.id}", take_in)
        await self._store.change(guest.id, carts.finish_merge)

    async def _change(self, place: Place, change: Callable[[Cart], Cart]) -> CartView:
        cart = await self._store.change(place.cart_id, lambda known: change(self._found(place, known)))
        assert cart is not None
        return await self._view(cart)

    def _found(self, place: Place, cart: Cart | None) -> Cart:
        return carts.found(cart, place.cart_id, place.owner, self._clock(), self._lives)

    async def _view(self, cart: Cart) -> CartView:
        return CartView(cart, await self._catalog.offers(cart.lines))
