"""What cart does, over a real Valkey: offers, adding, merging, dropping, and how merges and drops cross."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.cart.adapters.carts import ValkeyCarts
from services.cart.adapters.products import ValkeyProducts
from services.cart.domain import carts as domain
from services.cart.domain.carts import Cart
from services.cart.use_cases import CartUseCases, Place, own
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.errors import FailedPrecondition, NotFound, ServiceError, Unavailable
from services.chassis.money import Money
from tests.cart.conftest import LIVES, FakePrices, a_product, a_request, variant_of

pytestmark = pytest.mark.stack


async def guest(carts: CartUseCases) -> Place:
    return Place((await carts.create("anonymous", uuid4())).cart.id)


def quantities(cart: Cart) -> dict[str, int]:
    return {line.variant_id: line.quantity for line in cart.lines}


async def test_the_same_request_creates_the_same_cart(carts: CartUseCases) -> None:
    request_id = uuid4()
    created = await asyncio.gather(*(carts.create("anonymous", request_id) for _ in range(5)))
    assert len({view.cart.id for view in created}) == 1
    assert (await carts.get(Place(created[0].cart.id))).cart.lines == ()
    assert (await carts.create("anonymous", uuid4())).cart.id != created[0].cart.id


async def test_unknown_carts_and_carts_of_others_are_not_found(carts: CartUseCases, prices: FakePrices) -> None:
    owner = own(ids.new("usr"))
    await carts.add(owner, a_request(), prices.sell(), 1)
    for place in (Place(ids.new("cart")), Place(owner.cart_id), replace(owner, owner=ids.new("usr"))):
        with pytest.raises(NotFound):
            await carts.get(place)
        with pytest.raises(NotFound):
            await carts.add(place, a_request(), prices.sell(), 1)


async def test_a_stored_answer_is_only_for_whoever_may_see_the_cart(carts: CartUseCases, prices: FakePrices) -> None:
    owner, request, variant_id = own(ids.new("usr")), a_request(), prices.sell()
    await carts.add(owner, request, variant_id, 1)
    with pytest.raises(NotFound):
        await carts.add(Place(owner.cart_id), request, variant_id, 1)


async def test_a_customers_cart_is_there_from_the_start(carts: CartUseCases) -> None:
    place = own(ids.new("usr"))
    assert (await carts.get(place)).cart.lines == ()
    assert (await carts.lines(place)).id == place.cart_id


async def test_offers_come_from_the_copies_without_asking_the_catalog(
    carts: CartUseCases, products: ValkeyProducts, prices: FakePrices
) -> None:
    product = a_product(price=1999)
    await products.put(product)
    place = await guest(carts)
    view = await carts.add(place, a_request(), variant_of(product), 2)
    assert view.offers[variant_of(product)].unit_price == Money(1999, "EUR")
    assert prices.asked == []


async def test_a_variant_without_a_copy_is_asked_of_the_catalog(carts: CartUseCases, prices: FakePrices) -> None:
    place, variant_id = await guest(carts), prices.sell()
    view = await carts.add(place, a_request(), variant_id, 2)
    assert view.offers[variant_id].unit_price == Money(500, "EUR")
    prices.away = True
    assert (await carts.get(place)).offers == {}
    with pytest.raises(Unavailable):
        await carts.add(place, a_request(), ids.new("var"), 1)


async def test_a_variant_that_cannot_be_bought_is_refused_and_the_refusal_repeated(
    carts: CartUseCases, products: ValkeyProducts, prices: FakePrices
) -> None:
    archived = a_product(on_sale=False)
    await products.put(archived)
    place, request = await guest(carts), a_request()
    for _ in range(2):
        with pytest.raises(ServiceError) as refused:
            await carts.add(place, request, variant_of(archived), 1)
        assert refused.value.reason == "VARIANT_UNAVAILABLE"
    with pytest.raises(FailedPrecondition):
        await carts.add(place, a_request(), ids.new("var"), 1)


async def test_a_repeated_add_needs_no_catalog(carts: CartUseCases, prices: FakePrices) -> None:
    place, request, variant_id = await guest(carts), a_request(), prices.sell()
    first = await carts.add(place, request, variant_id, 2)
    prices.away = True
    assert (await carts.add(place, request, variant_id, 2)).cart == first.cart


async def test_quantities_are_set_and_lines_removed(carts: CartUseCases, prices: FakePrices) -> None:
    place, variant_id = await guest(carts), prices.sell()
    await carts.add(place, a_request(), variant_id, 2)
    assert quantities((await carts.set_quantity(place, variant_id, 7)).cart) == {variant_id: 7}
    assert quantities((await carts.remove(place, variant_id)).cart) == {}
    with pytest.raises(NotFound):
        await carts.set_quantity(place, variant_id, 1)


class Purchase:
    """A guest with some units of a variant in their cart, who has a cart of their own with some more."""

    def __init__(self, carts: CartUseCases, store: ValkeyCarts, prices: FakePrices) -> None:
        self.carts, self.store, self.variant_id = carts, store, prices.sell()
        self.user_id = ids.new("usr")
        self.own = own(self.user_id)

    async def begin(self, in_guests: int, in_own: int) -> None:
        self.guest = await guest(self.carts)
        await self.carts.add(self.guest, a_request(), self.variant_id, in_guests)
        if in_own:
            await self.carts.add(self.own, a_request(), self.variant_id, in_own)

    async def merge(self) -> None:
        await self.carts.merge(self.guest.cart_id, self.user_id)

    async def freeze(self) -> None:
        """The first step of a merge whose process dies after it."""
        await self.store.change(
            self.guest.cart_id,
            lambda cart: domain.freeze(cart, self.guest.cart_id, self.own.cart_id, self.user_id, utc_now(), LIVES),
        )

    async def take_in(self) -> None:
        """The second step of a merge whose process dies after it."""
        guests = (await self.carts.get(self.guest)).cart

        def decide(cart: Cart | None) -> Cart:
            known = cart or domain.empty(self.own.cart_id, self.user_id, utc_now(), LIVES)
            return domain.take_in(known, guests.lines, utc_now(), LIVES)

        await self.store.change_once(self.own.cart_id, f"merge:{self.guest.cart_id}", decide)

    async def drop(self, event_id: UUID, units: int) -> None:
        await self.carts.drop(self.guest.cart_id, event_id, {self.variant_id: units})

    async def left(self) -> int:
        return quantities((await self.carts.get(self.own)).cart).get(self.variant_id, 0)


@pytest.fixture
def purchase(carts: CartUseCases, store: ValkeyCarts, prices: FakePrices) -> Purchase:
    return Purchase(carts, store, prices)


async def test_a_merge_adds_the_guests_lines_once_however_often_it_is_repeated(purchase: Purchase) -> None:
    await purchase.begin(in_guests=2, in_own=3)
    await asyncio.gather(*(purchase.merge() for _ in range(6)))
    await purchase.merge()
    assert await purchase.left() == 5
    merged = (await purchase.carts.get(purchase.guest)).cart
    assert merged.merge == domain.Merge(purchase.own.cart_id, purchase.user_id, done=True)
    with pytest.raises(FailedPrecondition):
        await purchase.carts.lines(purchase.guest)


async def test_nobody_else_can_merge_a_merged_cart(purchase: Purchase) -> None:
    await purchase.begin(in_guests=2, in_own=0)
    await purchase.merge()
    with pytest.raises(NotFound):
        await purchase.carts.merge(purchase.guest.cart_id, ids.new("usr"))


async def test_two_customers_who_merge_one_cart_at_once_do_not_both_get_it(purchase: Purchase) -> None:
    await purchase.begin(in_guests=2, in_own=0)
    rivals = [ids.new("usr") for _ in range(4)]
    results = await asyncio.gather(
        *(purchase.carts.merge(purchase.guest.cart_id, user) for user in rivals), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    found = [quantities((await purchase.carts.get(own(user))).cart) for user in rivals]
    assert sorted(sum(cart.values()) for cart in found) == [0, 0, 0, 2]


@pytest.mark.parametrize("steps", [1, 2])
async def test_a_merge_that_died_is_carried_on_by_its_repeat(purchase: Purchase, steps: int) -> None:
    await purchase.begin(in_guests=2, in_own=3)
    await purchase.freeze()
    if steps == 2:
        await purchase.take_in()
    await purchase.merge()
    assert await purchase.left() == 5


@pytest.mark.parametrize("before", ["", "freeze", "take_in", "merge"])
async def test_a_drop_takes_what_was_bought_wherever_the_merge_stands(purchase: Purchase, before: str) -> None:
    await purchase.begin(in_guests=2, in_own=1)
    if before == "take_in":
        await purchase.freeze()
    if before:
        await getattr(purchase, before)()
    event_id = uuid4()
    await purchase.drop(event_id, 2)
    await purchase.merge()
    await purchase.drop(event_id, 2)
    assert await purchase.left() == 1


async def test_a_drop_and_a_merge_at_once_leave_what_was_not_bought(purchase: Purchase) -> None:
    await purchase.begin(in_guests=5, in_own=4)
    event_id = uuid4()
    await asyncio.gather(*(purchase.drop(event_id, 3) for _ in range(3)), *(purchase.merge() for _ in range(3)))
    assert await purchase.left() == 6


async def test_an_event_again_after_the_cart_was_emptied_and_filled_drops_nothing(purchase: Purchase) -> None:
    await purchase.begin(in_guests=2, in_own=0)
    event_id = uuid4()
    await purchase.drop(event_id, 2)
    await purchase.carts.add(purchase.guest, a_request(), purchase.variant_id, 4)
    await purchase.drop(event_id, 2)
    assert quantities((await purchase.carts.get(purchase.guest)).cart) == {purchase.variant_id: 4}
