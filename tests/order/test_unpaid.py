"""What one buyer holds without having paid is capped, however many requests come at once."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from services.chassis import ids
from services.chassis.database import Database
from services.chassis.errors import FailedPrecondition, ServiceError
from services.order.adapters.repository import OrderRepository
from services.order.domain.buyers import buyer_key
from services.order.domain.contact import Contact
from services.order.domain.events import PaymentFlow
from services.order.ports import PlacementKey
from services.order.use_cases.placing import PlacedOrder, Wish
from tests.order.builders import ADA, euro
from tests.order.conftest import POLICY, Desk, Written
from tests.order.world import AlarmModel, Barrier

pytestmark = pytest.mark.stack
MOST, UNITS = 10, 3


@pytest.fixture
def capped(database: Database, orders: OrderRepository, alarms: AlarmModel) -> Desk:
    """A shop in which nobody holds more than ten units without paying."""
    return Desk(database, orders, alarms, policy=replace(POLICY, max_unpaid_units=MOST))


def somebody() -> Contact:
    """A guest whom no other test knows."""
    return replace(ADA, email=f"{uuid4().hex}@example.com")


def a_wish(desk: Desk, contact: Contact, user_id: str = "") -> Wish:
    """Three mugs, of which the shop has plenty, in a cart of their own."""
    cart_id = ids.new("cart")
    desk.carts.holds(cart_id, {desk.catalog.sells(cents=1000, free=100): UNITS})
    return Wish(
        key=PlacementKey(cart_id, uuid4(), b"body"),
        user_id=user_id,
        cart_id=cart_id,
        cart_etag="e1",
        expected_total=euro(1000 * UNITS),
        contact=contact,
        payment_flow=PaymentFlow.EMBEDDED,
        success_url="",
        cancel_url="",
    )


async def is_refused(desk: Desk, wish: Wish) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        await desk.place_order(wish)
    assert refused.value.reason == "TOO_MUCH_UNPAID"
    return refused.value


async def place(desk: Desk, times: int, contact: Contact, user_id: str = "") -> list[PlacedOrder]:
    return [await desk.place_order(a_wish(desk, contact, user_id)) for _ in range(times)]


async def test_a_buyer_at_the_limit_is_told_how_much_is_held_and_nothing_is_reserved(capped: Desk) -> None:
    guest = somebody()
    await place(capped, 3, guest)
    wish = a_wish(capped, guest)
    refused = await is_refused(capped, wish)
    assert refused.metadata == {"held_units": "9", "ordered_units": "3", "max_units": "10"}
    assert set(capped.catalog.free.values()) == {97, 100}
    assert (await is_refused(capped, wish)).message == refused.message, "the first answer stands"


async def test_paying_and_ending_make_room(capped: Desk) -> None:
    guest = somebody()
    paid, over, _ = await place(capped, 3, guest)
    await capped.saga.payment_succeeded(paid.view.id, f"event:{paid.view.id}", "pay_1", euro(3000))
    await capped.saga.close_payment(over.view.id, f"task:deadline:{over.view.id}")
    await place(capped, 2, guest)
    await is_refused(capped, a_wish(capped, guest))


async def test_other_events_of_an_unpaid_order_make_no_room(capped: Desk) -> None:
    guest = somebody()
    first, *_ = await place(capped, 3, guest)
    await capped.saga.payment_refunded(first.view.id, "event:r", "ref_1", euro(1), euro(1))
    await is_refused(capped, a_wish(capped, guest))


async def test_a_guest_is_known_by_the_address_in_any_case_and_a_customer_by_the_account(capped: Desk) -> None:
    guest, user_id = somebody(), ids.new("usr")
    await place(capped, 3, guest)
    await is_refused(capped, a_wish(capped, replace(guest, email=guest.email.upper())))
    await place(capped, 3, guest, user_id)
    await is_refused(capped, a_wish(capped, somebody(), user_id))


async def test_orders_at_once_stay_under_the_limit_and_what_is_refused_is_released(
    capped: Desk, written: Written
) -> None:
    guest, count = somebody(), 8
    wishes = [a_wish(capped, guest) for _ in range(count)]
    capped.catalog.reserve_barrier = Barrier(count)
    answers = await asyncio.gather(*(capped.place_order(wish) for wish in wishes), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, FailedPrecondition)]
    assert [each.reason for each in refused] == ["TOO_MUCH_UNPAID"] * (count - MOST // UNITS)
    assert sum(isinstance(each, PlacedOrder) for each in answers) == MOST // UNITS
    for wish, answer in zip(wishes, answers, strict=True):
        placement = await capped.placements.lock(wish.key)
        assert placement is not None
        assert ("release-stock" in await written.tasks(placement.order_id)) == isinstance(answer, FailedPrecondition)


async def test_without_a_limit_nothing_is_refused(desk: Desk) -> None:
    await place(desk, 5, somebody())


async def test_an_address_is_kept_only_as_a_hash(capped: Desk, orders: OrderRepository) -> None:
    guest = somebody()
    await place(capped, 1, guest)
    buyer = buyer_key("", guest.email)
    assert guest.email.encode() not in buyer
    assert await orders.unpaid_units(buyer) == UNITS
