"""The read model made anew from the streams is the one that the events made: from nothing, while orders flow, and
while its server is killed."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Database, query
from services.chassis.errors import FailedPrecondition, Unavailable
from services.order.adapters.lists import PROJECTION, Document, OrderListStore, document
from services.order.adapters.repository import OrderRepository
from services.order.domain.order import OrderView
from services.order.domain.saga import decide
from services.order.ports import OrderLists
from services.order.use_cases.listing import Listing
from tests.order.builders import placed
from tests.order.conftest import MIGRATIONS, begun
from tests.order.lives import news
from tests.order.mongo import StandIn
from tests.waiting import eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
ORDERS, AT_ONCE, LONGEST = 24, 6, 10
_NO_ORDERS = query("truncate order_streams cascade")


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[Path | None], str]) -> str:
    """A database whose every order is one of these tests'."""
    return new_database(MIGRATIONS)


@pytest.fixture
async def database(database: Database) -> Database:
    """Without the orders of earlier tests, which every rebuild would copy as well."""
    async with database.transaction() as tx:
        await tx.execute(_NO_ORDERS)
    return database


@dataclass
class Shelf:
    """The streams, the copies of them, and what keeps the copies."""

    orders: OrderRepository
    lists: OrderListStore
    uri: str
    name: str

    @property
    def listing(self) -> Listing:
        return Listing(self.orders, self.lists)

    async def copies(self) -> dict[str, Document]:
        """The documents as they lie there."""
        async with AsyncMongoClient[Document](self.uri, tz_aware=True) as client:
            return {each["_id"]: each async for each in client[self.name]["orders"].find()}

    async def wanted(self) -> dict[str, Document]:
        """The documents that the streams of all orders make."""
        records = await self.orders.many(await self.orders.ids_after(None, 100_000))
        return {record.order.id: _as_stored(record.view) for record in records}

    async def wipe(self) -> None:
        async with AsyncMongoClient[Document](self.uri) as client:
            await client.drop_database(self.name)

    async def copy(self, order_id: str) -> None:
        """What the consumer does on an event: an absent server is waited for."""

        async def done() -> bool:
            try:
                await self.listing.copy(order_id)
            except Unavailable:
                return False
            return True

        await eventually(done, "the copy to be made", within_s=120)

    async def mended(self) -> bool:
        """What the consumer part does every second; whether lists can be read then."""
        try:
            await self.listing.mend()
            await self.lists.check()
        except Unavailable:
            return False
        return True

    async def lives(self, chance: random.Random) -> None:
        """An order is placed and goes through whatever happens to it; each event brings its copy up to date."""
        order = await begun(self.orders, placed(user_id=ids.new("usr")))
        await self.copy(order.id)
        for number in range(chance.randrange(LONGEST)):
            happened = news(chance)
            try:
                await self.orders.update(order.id, f"task:{number}", lambda now, told=happened: decide(now, told))  # type: ignore[misc]
            except FailedPrecondition:
                continue
            await self.copy(order.id)

    async def flow(self, chance: random.Random) -> None:
        """Many orders, some at once."""
        for _ in range(ORDERS // AT_ONCE):
            await asyncio.gather(*(self.lives(random.Random(chance.random())) for _ in range(AT_ONCE)))


def _as_stored(view: OrderView) -> Document:
    """MongoDB keeps times to the millisecond."""
    made = document(view, PROJECTION, incarnation=1)
    moment = view.create_time
    return made | {"create_time": moment.replace(microsecond=moment.microsecond // 1000 * 1000)}


@pytest.fixture
async def shelf(orders: OrderRepository, lists: OrderListStore) -> Shelf:
    """An empty read model that is whole."""
    shelf = Shelf(orders, lists, lists._uri, lists._name)
    await shelf.listing.rebuild()
    return shelf


async def test_a_rebuild_from_nothing_gives_what_the_events_gave(shelf: Shelf, seed: int) -> None:
    await shelf.flow(random.Random(seed))
    told = await shelf.copies()
    assert told == await shelf.wanted()
    await shelf.wipe()
    assert await shelf.mended()
    assert await shelf.copies() == told
    await shelf.listing.rebuild()
    assert await shelf.copies() == told, "once more, over what is there"


async def test_a_rebuild_while_orders_flow_gives_what_the_streams_say(shelf: Shelf, seed: int) -> None:
    flowing = asyncio.create_task(shelf.flow(random.Random(seed)))
    await shelf.wipe()
    rebuilt = 0
    while not flowing.done():
        await shelf.listing.rebuild()
        rebuilt += 1
    await flowing
    assert rebuilt
    assert await shelf.copies() == await shelf.wanted()


class Gate:
    """The streams, of which the last page of ids is answered only when the gate is open."""

    def __init__(self, orders: OrderRepository) -> None:
        self._orders = orders
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def ids_after(self, order_id: str | None, count: int) -> list[str]:
        found = await self._orders.ids_after(order_id, count)
        if not found:
            self.reached.set()
            await self.open.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orders, name)


async def test_an_order_born_during_a_rebuild_keeps_its_copy(shelf: Shelf) -> None:
    gate: Any = Gate(shelf.orders)
    rebuilding = asyncio.create_task(Listing(gate, shelf.lists).rebuild())
    await gate.reached.wait()
    born = await begun(shelf.orders, placed(user_id=ids.new("usr")))
    await shelf.copy(born.id)
    gate.open.set()
    await rebuilding
    assert born.id in await shelf.copies()
    assert await shelf.copies() == await shelf.wanted()


class Late:
    """The copies, of which the ids are answered only when the gate is open: as they were before."""

    def __init__(self, lists: OrderLists) -> None:
        self._lists = lists
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def ids(self) -> Sequence[str]:
        found = await self._lists.ids()
        self.reached.set()
        await self.open.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lists, name)


async def test_an_order_that_moves_on_during_a_rebuild_never_goes_back(shelf: Shelf) -> None:
    late: Any = Late(shelf.lists)
    rebuilding = asyncio.create_task(Listing(shelf.orders, late).rebuild())
    await late.reached.wait()
    await shelf.lives(random.Random(1))
    late.open.set()
    await rebuilding
    assert await shelf.copies() == await shelf.wanted()


@pytest.fixture
async def mortal(stack: Stack, tmp_path: Path, database: Database, orders: OrderRepository) -> AsyncIterator["Mortal"]:
    """A read model on a server of its own, which is killed."""
    stack.up(only={"mongo"})  # which fetches what it is made of
    with StandIn(stack.installation, tmp_path) as server:
        async with MortalStore(server.uri, "lists", database, utc_now) as lists:
            shelf = Mortal(orders, lists, server.uri, "lists", server)
            await eventually(shelf.mended, "the first rebuild", within_s=60)
            yield shelf


class MortalStore(OrderListStore):
    """Calls `before` ahead of every copy."""

    before: Callable[[], None] = staticmethod(lambda: None)

    async def replace(self, view: OrderView) -> None:
        self.before()
        await super().replace(view)


@dataclass
class Mortal(Shelf):
    """A read model whose server dies at one of its copies."""

    server: StandIn

    def dies_at(self, copy: int) -> asyncio.Event:
        """Kills the server just before the copy of this number, counted from now; the event is set then."""
        dead, counted = asyncio.Event(), iter(range(copy))

        def count() -> None:
            if next(counted, None) is None and not dead.is_set():
                self.server.kill()
                dead.set()

        assert isinstance(self.lists, MortalStore)
        self.lists.before = count
        return dead


async def test_a_server_killed_while_orders_flow_and_copies_are_made_ends_with_all_of_them(
    mortal: Mortal, seed: int
) -> None:
    chance = random.Random(seed)
    dead = mortal.dies_at(chance.randrange(1, ORDERS))
    flowing = asyncio.create_task(mortal.flow(chance))
    await dead.wait()
    mortal.server.start()
    await eventually(mortal.mended, "the rebuild of what died", within_s=120)
    await mortal.wipe()
    again = mortal.dies_at(chance.randrange(ORDERS))  # this time mostly while it rebuilds
    await asyncio.gather(mortal.mended(), again.wait())
    mortal.server.start()
    await eventually(mortal.mended, "the second rebuild", within_s=120)
    await flowing
    assert await mortal.copies() == await mortal.wanted()
