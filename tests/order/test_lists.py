"""The read model, against a real server of its protocol and the real streams."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Database, query
from services.chassis.errors import Unavailable
from services.order.adapters.lists import PROJECTION, OrderListStore
from services.order.adapters.repository import OrderRepository
from services.order.domain import saga
from services.order.domain.order import OrderView, State, view_of
from services.order.domain.saga import decide
from services.order.ports import PageKey
from services.order.use_cases.listing import Listing
from tests.order.builders import ADA, NOW, an_order, euro, paid, placed
from tests.order.conftest import begun

pytestmark = pytest.mark.stack
USER = "usr_01jd7q8k3qe6n9w5t2x4y8z0ab"


@pytest.fixture
def listing(orders: OrderRepository, lists: OrderListStore) -> Listing:
    return Listing(orders, lists)


@pytest.fixture
async def whole(lists: OrderListStore) -> OrderListStore:
    """A read model that was built of nothing."""
    await opens(lists)
    return lists


async def opens(lists: OrderListStore) -> None:
    rebuild = await lists.begin_rebuild()
    assert rebuild is not None
    await lists.finish(rebuild)


def a_view(age: int = 0, **said: object) -> OrderView:
    """An order of USER, so many seconds old."""
    view = view_of(an_order(), ADA)
    values = {"user_id": USER, "create_time": NOW - timedelta(seconds=age)} | said
    return replace(view, **values)  # type: ignore[arg-type]


async def all_of(lists: OrderListStore, *states: State) -> list[OrderView]:
    return list(await lists.page(USER, states, None, 100))


async def test_a_copy_is_read_back_whole(whole: OrderListStore) -> None:
    order = an_order(paid())
    view = replace(view_of(order, ADA), user_id=USER, refunded=euro(5))
    await whole.replace(view)
    assert await all_of(whole) == [view]


async def test_a_newer_copy_replaces_an_older_one_and_never_the_other_way_round(whole: OrderListStore) -> None:
    old = a_view()
    new = replace(old, version=2, state=State.PAID)
    for view in (old, new, old):
        await whole.replace(view)
    assert [view.version for view in await all_of(whole)] == [2]


async def test_copies_that_arrive_at_the_same_time_leave_the_newest(whole: OrderListStore) -> None:
    old = a_view()
    await asyncio.gather(*(whole.replace(replace(old, version=version)) for version in (3, 1, 5, 2, 4)))
    assert [view.version for view in await all_of(whole)] == [5]


async def test_pages_come_newest_first_without_gaps_or_repeats(whole: OrderListStore) -> None:
    views = [a_view(age=age // 2) for age in range(7)]  # two of each moment: the id decides
    for view in views:
        await whole.replace(view)
    seen: list[OrderView] = []
    after: PageKey | None = None
    while page := await whole.page(USER, [], after, 3):
        seen += page
        after = PageKey(page[-1].create_time, page[-1].id)
    assert seen == sorted(views, key=lambda view: (view.create_time, view.id), reverse=True)


async def test_only_the_states_asked_for_and_only_the_callers_own(whole: OrderListStore) -> None:
    mine, paid_one, foreign = a_view(), a_view(state=State.PAID), a_view(user_id=ids.new("usr"))
    for view in (mine, paid_one, foreign):
        await whole.replace(view)
    assert {view.id for view in await all_of(whole)} == {mine.id, paid_one.id}
    assert [view.id for view in await all_of(whole, State.PAID, State.EXPIRED)] == [paid_one.id]


async def test_lists_are_unavailable_until_they_are_built(lists: OrderListStore) -> None:
    with pytest.raises(Unavailable):
        await all_of(lists)
    rebuild = await lists.begin_rebuild()
    with pytest.raises(Unavailable):
        await all_of(lists)
    assert rebuild is not None
    await lists.finish(rebuild)
    assert await all_of(lists) == []


async def test_a_rebuild_copies_every_order_and_deletes_what_has_no_stream(
    listing: Listing, lists: OrderListStore, orders: OrderRepository
) -> None:
    order = await begun(orders, placed(user_id=USER))
    orphan = a_view()
    await lists.replace(orphan)
    await listing.mend()
    found = {view.id for view in await all_of(lists)}
    assert order.id in found
    assert orphan.id not in found


async def test_what_is_whole_is_not_rebuilt_unless_it_is_told_to(listing: Listing, whole: OrderListStore) -> None:
    orphan = a_view()
    await whole.replace(orphan)
    await listing.mend()
    assert orphan.id in {view.id for view in await all_of(whole)}
    await listing.rebuild()
    assert orphan.id not in {view.id for view in await all_of(whole)}


async def test_an_event_brings_the_copy_up_to_what_the_stream_says_now(
    listing: Listing, whole: OrderListStore, orders: OrderRepository
) -> None:
    user_id = ids.new("usr")
    order = await begun(orders, placed(user_id=user_id))
    arrived = saga.PaymentArrived(utc_now(), "pay_1", euro(2500))
    await orders.update(order.id, "event:1", lambda current: decide(current, arrived))
    await listing.copy(order.id)
    assert [(view.state, view.version) for view in await whole.page(user_id, [], None, 9)] == [(State.PAID, 2)]


async def test_an_event_of_an_unknown_order_is_nothing(listing: Listing, whole: OrderListStore) -> None:
    await listing.copy(ids.new("ord"))
    assert await all_of(whole) == []


class OldClock:
    """A clock that stands still, long ago: whoever began then is dead now."""

    def __call__(self) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC)


async def test_one_process_rebuilds_and_another_takes_over_where_it_died(
    lists: OrderListStore, database: Database
) -> None:
    async with another(lists, database, clock=OldClock()) as dead:
        begun_by_the_dead = await dead.begin_rebuild()
        assert begun_by_the_dead is not None
        taken_over = await lists.begin_rebuild()
        assert taken_over is not None
        assert await lists.begin_rebuild() is None, "somebody alive is at it"
        assert not await dead.go_on(begun_by_the_dead)
        await dead.finish(begun_by_the_dead)
        with pytest.raises(Unavailable):
            await all_of(lists)
        await lists.finish(taken_over)
    assert await all_of(lists) == []


def another(lists: OrderListStore, database: Database, **said: object) -> OrderListStore:
    """The same read model as another process sees it."""
    values = {"truth": database, "clock": utc_now} | said
    return OrderListStore(lists._uri, lists._name, **values)  # type: ignore[arg-type]


async def test_a_newer_projection_rebuilds_and_the_older_one_stops_writing(
    whole: OrderListStore, database: Database
) -> None:
    view = a_view()
    await whole.replace(view)
    async with another(whole, database, projection=PROJECTION + 1) as newer:
        await opens(newer)
        await newer.replace(replace(view, state=State.PAID))
        with pytest.raises(Unavailable) as stopped:
            await whole.replace(replace(view, version=9))
        assert stopped.value.reason == "PROJECTION_NEWER"
        assert await whole.begin_rebuild() is None
        shown = [(each.version, each.state) for each in await all_of(newer)]
        assert shown == [(1, State.PAID)], "of one version, but of the newer projection"
        with pytest.raises(Unavailable):
            await all_of(whole)


async def test_another_incarnation_rebuilds_even_what_it_calls_older(
    whole: OrderListStore, database: Database, listing: Listing
) -> None:
    view = a_view(version=7)
    await whole.replace(view)
    await _set_incarnation(database, 2)
    try:
        with pytest.raises(Unavailable):
            await all_of(whole)
        rebuild = await whole.begin_rebuild()
        assert rebuild is not None
        await whole.replace(replace(view, version=3))
        await whole.finish(rebuild)
        assert [view.version for view in await all_of(whole)] == [3]
    finally:
        await _set_incarnation(database, 1)


async def _set_incarnation(database: Database, incarnation: int) -> None:
    async with database.transaction() as tx:
        await tx.execute(query("update chassis_state set incarnation = %(incarnation)s"), incarnation=incarnation)


async def test_a_server_that_does_not_answer_makes_lists_unavailable(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are made, and nobody takes them
        port = silent.getsockname()[1]
        async with OrderListStore(f"mongodb://127.0.0.1:{port}/", "away", database, utc_now) as away:
            with pytest.raises(Unavailable):
                await all_of(away)
            with pytest.raises(Unavailable):
                await away.begin_rebuild()
