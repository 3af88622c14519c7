"""Placing an order, in every interleaving that a crash, a repeat or a change of mind can make."""

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.chassis import ids
from services.chassis.database import query
from services.chassis.errors import (
    Aborted,
    Code,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ServiceError,
    Unavailable,
)
from services.chassis.money import Money
from services.chassis.tasks import Tasks
from services.order.adapters.placements import PlacementRepository
from services.order.domain.events import PaymentFlow
from services.order.domain.order import State
from services.order.domain.tokens import parse_keys, token_hash
from services.order.ports import PlacementKey, PlacementStatus
from services.order.use_cases.placing import PlacedOrder, Wish
from tests.order.builders import ADA, euro
from tests.order.conftest import POLICY, Desk, Written
from tests.order.world import Barrier
from tests.waiting import eventually

pytestmark = pytest.mark.stack
_WAITERS = query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1")


@dataclass
class Shopper:
    """A guest with a cart of three mugs at 12.50, of which the shop has ten."""

    desk: Desk
    variant_id: str
    wish: Wish

    async def orders(self) -> PlacedOrder:
        return await self.desk.place_order(self.wish)

    async def is_refused(self) -> ServiceError:
        with pytest.raises(ServiceError) as refused:
            await self.orders()
        return refused.value

    @property
    def free(self) -> int:
        return self.desk.catalog.free[self.variant_id]

    async def order_id(self) -> str:
        """The id that the request fixed."""
        placement = await self.desk.placements.lock(self.wish.key)
        assert placement is not None
        return placement.order_id


@pytest.fixture
def shopper(desk: Desk) -> Shopper:
    cart_id = ids.new("cart")
    variant_id = desk.catalog.sells(cents=1250, free=10)
    desk.carts.holds(cart_id, {variant_id: 3})
    return Shopper(desk, variant_id, a_wish(cart_id))


def a_wish(cart_id: str) -> Wish:
    return Wish(
        key=PlacementKey(cart_id, uuid4(), b"body"),
        user_id="",
        cart_id=cart_id,
        cart_etag="e1",
        expected_total=euro(3750),
        contact=ADA,
        payment_flow=PaymentFlow.HOSTED,
        success_url="http://127.0.0.1:4321/ok?order={ORDER_ID}",
        cancel_url="http://127.0.0.1:4321/back",
    )


async def test_an_order_is_placed_held_and_can_be_paid(shopper: Shopper) -> None:
    placed = await shopper.orders()
    assert (placed.view.state, placed.view.version) == (State.PLACED, 1)
    assert placed.view.totals.total == euro(3750)
    assert placed.view.contact == ADA
    assert placed.instructions.checkout_url == f"https://pay.example/{placed.view.id}"
    assert shopper.free == 7


async def test_stock_is_held_for_longer_than_the_order_can_be_paid(shopper: Shopper) -> None:
    placed = await shopper.orders()
    record = await shopper.desk.orders.get(placed.view.id)
    assert record is not None
    slack = shopper.desk.catalog.held_until[placed.view.id] - record.order.placed.expire_time
    assert slack > POLICY.reservation_life - POLICY.deadline - timedelta(minutes=1)


async def test_the_token_is_answered_and_only_its_hash_kept(shopper: Shopper) -> None:
    placed = await shopper.orders()
    record = await shopper.desk.orders.get(placed.view.id)
    assert record is not None
    assert record.order.placed.token_hash == token_hash(placed.token)


async def test_a_repeat_after_the_keys_changed_answers_the_token_of_the_key_it_was_placed_under(
    shopper: Shopper,
) -> None:
    placed = await shopper.orders()
    new, old = (f"{name}:{base64.b64encode(secret * 32).decode()}" for name, secret in (("k2", b"n"), ("k1", b"k")))
    shopper.desk = replace(shopper.desk, keys=parse_keys(f"{new},{old}"))
    assert (await shopper.orders()).token == placed.token


async def test_the_payment_page_sends_the_browser_back_to_this_order(shopper: Shopper) -> None:
    placed = await shopper.orders()
    asked = shopper.desk.payments.opened[placed.view.id]
    assert asked.success_url == f"http://127.0.0.1:4321/ok?order={placed.view.id}"


async def test_a_repeat_answers_the_same_to_the_letter(shopper: Shopper) -> None:
    assert await shopper.orders() == await shopper.orders()
    assert shopper.free == 7


async def test_a_repeat_after_the_order_moved_on_still_answers_it_as_placed(shopper: Shopper) -> None:
    placed = await shopper.orders()
    await shopper.desk.saga.payment_succeeded(placed.view.id, "event:1", "pay_1", euro(3750))
    assert await shopper.orders() == placed


async def test_repeats_at_a_barrier_make_one_order_and_one_answer(shopper: Shopper, written: Written) -> None:
    shopper.desk.carts.barrier = Barrier(4)
    first, *others = await asyncio.gather(*(shopper.orders() for _ in range(4)))
    assert all(other == first for other in others)
    assert shopper.free == 7
    assert await written.versions(first.view.id) == [1]


async def test_repeats_that_hold_the_stock_at_the_same_time_make_one_order(shopper: Shopper) -> None:
    shopper.desk.catalog.reserve_barrier = Barrier(3)
    first, *others = await asyncio.gather(*(shopper.orders() for _ in range(3)))
    assert all(other == first for other in others)
    assert shopper.free == 7


async def test_another_request_makes_another_order(shopper: Shopper) -> None:
    first = await shopper.orders()
    shopper.wish = replace(shopper.wish, key=replace(shopper.wish.key, request_id=uuid4()))
    assert (await shopper.orders()).view.id != first.view.id


async def test_a_request_id_with_another_body_is_refused(shopper: Shopper) -> None:
    await shopper.orders()
    shopper.wish = replace(shopper.wish, key=replace(shopper.wish.key, body_hash=b"other"))
    assert (await shopper.is_refused()).reason == "REQUEST_ID_REUSED"


async def test_another_total_is_refused_and_nothing_held(shopper: Shopper) -> None:
    shopper.wish = replace(shopper.wish, expected_total=euro(3749))
    refused = await shopper.is_refused()
    assert isinstance(refused, FailedPrecondition)
    assert (refused.reason, refused.metadata["total_minor_units"]) == ("PRICE_CHANGED", "3750")
    assert shopper.free == 10


async def test_another_etag_is_aborted_and_a_repeat_starts_anew(shopper: Shopper) -> None:
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.variant_id: 3}, etag="e2")
    refused = await shopper.is_refused()
    assert isinstance(refused, Aborted)
    assert refused.reason == "CART_CHANGED"
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.variant_id: 3}, etag="e1")
    assert (await shopper.orders()).view.state is State.PLACED


async def test_a_cart_that_changed_after_a_crash_leaves_nothing_held(shopper: Shopper, written: Written) -> None:
    order_id = await _crash_after_holding(shopper)
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.variant_id: 4}, etag="e2")
    assert (await shopper.is_refused()).reason == "CART_CHANGED"
    assert "release-stock" in await written.tasks(order_id)


async def _crash_after_holding(shopper: Shopper) -> str:
    """Stock is held for the order id, then the process dies before the order exists."""
    shopper.desk.catalog.failure = Unavailable("catalog is away")
    await shopper.is_refused()
    shopper.desk.catalog.failure = None
    order_id = await shopper.order_id()
    await shopper.desk.catalog.reserve(order_id, {shopper.variant_id: 3}, shopper.desk.clock())
    return order_id


async def test_missing_stock_is_refused_for_good_and_leaves_a_release(shopper: Shopper, written: Written) -> None:
    shopper.desk.catalog.free[shopper.variant_id] = 2
    assert (await shopper.is_refused()).reason == "INSUFFICIENT_STOCK"
    assert "release-stock" in await written.tasks(await shopper.order_id())
    shopper.desk.catalog.free[shopper.variant_id] = 10
    assert (await shopper.is_refused()).reason == "INSUFFICIENT_STOCK", "the first answer stands"


async def test_an_empty_cart_and_an_unknown_one_are_told_apart(shopper: Shopper) -> None:
    shopper.desk.carts.holds(shopper.wish.cart_id, {})
    assert (await shopper.is_refused()).reason == "CART_EMPTY"
    shopper.wish = a_wish(ids.new("cart"))
    assert isinstance(await shopper.is_refused(), NotFound)


async def test_an_order_that_costs_nothing_is_refused(shopper: Shopper) -> None:
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.desk.catalog.sells(cents=0, free=1): 1})
    shopper.wish = replace(shopper.wish, expected_total=euro(0))
    assert (await shopper.is_refused()).reason == "NOTHING_TO_PAY"


async def test_variants_that_left_the_shop_are_named(shopper: Shopper) -> None:
    gone = ids.new("var")
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.variant_id: 1, gone: 1})
    refused = await shopper.is_refused()
    assert refused.reason == "VARIANTS_UNAVAILABLE"
    assert [violation.subject for violation in refused.preconditions] == [gone]


async def test_addresses_that_are_not_allowed_are_all_named(shopper: Shopper) -> None:
    shopper.wish = replace(shopper.wish, success_url="https://evil.example/", cancel_url="javascript:alert(1)")
    refused = await shopper.is_refused()
    assert isinstance(refused, InvalidArgument)
    assert [violation.field for violation in refused.fields] == ["success_url", "cancel_url"]


@pytest.mark.parametrize(
    ("said", "field"),
    [({"cart_id": ""}, "cart_id"), ({"expected_total": Money(3750, "USD")}, "expected_total.currency_code")],
)
async def test_what_is_wrong_whatever_the_state_names_its_field(
    shopper: Shopper, said: dict[str, object], field: str
) -> None:
    shopper.wish = replace(shopper.wish, **said)  # type: ignore[arg-type]
    assert [violation.field for violation in (await shopper.is_refused()).fields] == [field]


async def test_an_absent_service_is_unavailable_and_the_request_resumes(shopper: Shopper) -> None:
    shopper.desk.carts.failure = Unavailable("cart is away")
    assert isinstance(await shopper.is_refused(), Unavailable)
    begun = await shopper.order_id()
    shopper.desk.carts.failure = None
    assert (await shopper.orders()).view.id == begun


async def test_a_payment_that_cannot_be_opened_is_unavailable_and_the_request_resumes(shopper: Shopper) -> None:
    shopper.desk.payments.failure = ServiceError(Code.INTERNAL, "INTERNAL", "broken")
    assert isinstance(await shopper.is_refused(), Unavailable)
    begun = await shopper.order_id()
    assert (await shopper.desk.orders.get(begun)) is not None
    shopper.desk.payments.failure = None
    placed = await shopper.orders()
    assert (placed.view.id, shopper.free) == (begun, 7)


async def test_a_repeat_after_the_payment_was_closed_answers_the_order_without_a_way_to_pay(shopper: Shopper) -> None:
    placed = await shopper.orders()
    await shopper.desk.payments.close(placed.view.id)
    again = await shopper.orders()
    assert (again.view, again.instructions.checkout_url) == (placed.view, "")


async def test_a_request_that_nobody_finishes_is_abandoned_and_released(shopper: Shopper, written: Written) -> None:
    order_id = await _crash_after_holding(shopper)
    due = (await written.tasks(order_id))["abandon"]
    assert due - shopper.desk.clock() > POLICY.abandon_after - timedelta(minutes=1)
    await shopper.desk.saga.abandon(order_id)
    assert "release-stock" in await written.tasks(order_id)
    await shopper.desk.saga.release_stock(order_id)
    assert shopper.free == 10
    assert (await shopper.is_refused()).reason == "REQUEST_ABANDONED"


class LostTasks(Tasks):
    """Dies where a task is to be written."""

    async def add(self, *_: object, **__: object) -> None:
        raise ConnectionError("the process died")


async def test_a_request_begins_with_its_abandon_task_or_not_at_all(shopper: Shopper) -> None:
    dying = PlacementRepository(shopper.desk.database, LostTasks(), shopper.desk.clock)
    with pytest.raises(ConnectionError):
        await dying.find_or_begin(shopper.wish.key, ids.new("ord"), shopper.desk.clock())
    assert await shopper.desk.placements.lock(shopper.wish.key) is None


async def test_an_order_that_is_being_placed_is_not_abandoned(shopper: Shopper, written: Written) -> None:
    order_id = await _crash_after_holding(shopper)
    placements = shopper.desk.placements
    async with shopper.desk.database.transaction():
        await placements.lock(shopper.wish.key)
        abandoning = asyncio.create_task(shopper.desk.saga.abandon(order_id))
        await eventually(lambda: _somebody_waits(shopper), "the task to wait for the request's row")
        await placements.end(order_id, PlacementStatus.PLACED)
    await abandoning
    placement = await placements.lock(shopper.wish.key)
    assert placement is not None
    assert placement.status is PlacementStatus.PLACED
    assert "release-stock" not in await written.tasks(order_id)


async def _somebody_waits(shopper: Shopper) -> bool:
    """Asked over a connection of its own: within a transaction the answer would stay what it was at first."""
    return await asyncio.create_task(_waiters(shopper))


async def _waiters(shopper: Shopper) -> bool:
    async with shopper.desk.database.reader() as tx:
        return await tx.one(_WAITERS) is not None


async def test_an_order_that_was_placed_is_not_abandoned(shopper: Shopper, written: Written) -> None:
    placed = await shopper.orders()
    await shopper.desk.saga.abandon(placed.view.id)
    assert "release-stock" not in await written.tasks(placed.view.id)
    assert await shopper.orders() == placed


async def test_a_request_that_is_abandoned_while_it_holds_stock_places_no_order(
    shopper: Shopper, written: Written
) -> None:
    shopper.desk.catalog.reserve_barrier = Barrier(2)
    ordering = asyncio.create_task(shopper.is_refused())
    order_id = await eventually(lambda: _begun(shopper), "the request to be begun")
    await shopper.desk.saga.abandon(order_id)
    await shopper.desk.catalog.reserve_barrier.wait()
    assert (await ordering).reason == "REQUEST_ABANDONED"
    assert await shopper.desk.orders.get(order_id) is None
    assert "release-stock" in await written.tasks(order_id)


async def _begun(shopper: Shopper) -> str | None:
    placement = await shopper.desk.placements.lock(shopper.wish.key)
    return placement.order_id if placement else None


async def test_a_cart_that_changes_while_another_repeat_places_answers_what_was_placed(shopper: Shopper) -> None:
    placed = await shopper.orders()
    shopper.desk.carts.holds(shopper.wish.cart_id, {shopper.variant_id: 1}, etag="e2")
    assert await shopper.orders() == placed


async def test_old_requests_are_forgotten(shopper: Shopper) -> None:
    await shopper.orders()
    await shopper.desk.placements.purge(shopper.desk.clock() + timedelta(seconds=1))
    assert await shopper.desk.placements.lock(shopper.wish.key) is None
