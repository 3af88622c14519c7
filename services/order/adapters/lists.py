"""The read model in MongoDB: a document per order, which any later event or a rebuild repairs.

A marker document says which projection of which incarnation the documents are, and whether they are whole. Only
operations are used that a MongoDB and the local stand-in understand alike.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from pydantic import TypeAdapter
from pymongo import DESCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConnectionFailure, DuplicateKeyError

from services.chassis.database import Database, query
from services.chassis.errors import Unavailable
from services.order.domain.order import OrderView, State
from services.order.ports import PageKey

PROJECTION = 1
"""Raise it whenever a document of today's code differs from one of before: the copies are then rebuilt."""

Document = dict[str, Any]
_MARKER = "orders"
_DEAD_AFTER = timedelta(seconds=15)
_VIEW = TypeAdapter(OrderView)
_INCARNATION = query("select incarnation from chassis_state")
_NEWEST_FIRST = [("create_time", DESCENDING), ("_id", DESCENDING)]


class OrderListStore:
    """The port ``OrderLists``; opened and closed as an async context manager. `incarnation` comes from PostgreSQL."""

    def __init__(
        self,
        uri: str,
        database_name: str,
        truth: Database,
        clock: Callable[[], datetime],
        projection: int = PROJECTION,
    ) -> None:
        self._uri = uri
        self._name = database_name
        self._truth = truth
        self._clock = clock
        self._projection = projection
        self._client: AsyncMongoClient[Document] | None = None

    async def __aenter__(self) -> Self:
        # The client belongs to the running loop, so it is made here; it connects on first use.
        self._client = AsyncMongoClient(
            self._uri, serverSelectionTimeoutMS=1500, connectTimeoutMS=1500, socketTimeoutMS=5000, tz_aware=True
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()

    async def replace(self, view: OrderView) -> None:
        """Stores the copy unless a newer one is there; Unavailable where a newer projection has taken over."""
        incarnation = await self._incarnation()
        async with self._orders() as orders:
            await self._refuse_newer(orders)
            copy = document(view, self._projection, incarnation)
            try:
                await orders.replace_one(_older_than(copy), copy, upsert=True)
            except DuplicateKeyError:
                return  # one that is as new, or newer, has this id

    async def page(
        self, user_id: str, states: Sequence[State], after: PageKey | None, count: int
    ) -> Sequence[OrderView]:
        """A user's orders, newest first, those in ``states`` (none: all) behind ``after``."""
        incarnation = await self._incarnation()
        async with self._orders() as orders:
            found = orders.find(_filter(user_id, states, after)).sort(_NEWEST_FIRST).limit(count)
            documents = await found.to_list()
            # Looked at afterwards: a server that came back empty meanwhile shows it here.
            if not self._whole(await self._marker(orders), incarnation):
                raise Unavailable("the list of orders is being rebuilt", reason="READ_MODEL_UNAVAILABLE")
        return [_VIEW.validate_python(document["order"]) for document in documents]

    async def check(self) -> None:
        """Raises where lists cannot be answered."""
        incarnation = await self._incarnation()
        async with self._orders() as orders:
            if not self._whole(await self._marker(orders), incarnation):
                raise Unavailable("the list of orders is being rebuilt", reason="READ_MODEL_UNAVAILABLE")

    async def begin_rebuild(self) -> str | None:
        """The id of a rebuild to be done now by the caller; None where the copy is whole or somebody is at it."""
        incarnation = await self._incarnation()
        async with self._orders() as orders:
            marker = await self._marker(orders)
            if marker and (self._newer(marker) or self._whole(marker, incarnation) or self._alive(marker)):
                return None
            return await self._claim(orders, marker, incarnation)

    async def force_rebuild(self) -> str:
        """The id of a rebuild to be done now, whatever the state of the copy."""
        incarnation = await self._incarnation()
        async with self._orders() as orders:
            await self._refuse_newer(orders)
            rebuild = await self._claim(orders, await self._marker(orders), incarnation)
        if rebuild is None:
            raise Unavailable("another rebuild began just now")
        return rebuild

    async def go_on(self, rebuild: str) -> bool:
        """Shows that the rebuild is alive; False where another one has taken over."""
        return await self._mark(rebuild, {"beat": self._clock()})

    async def finish(self, rebuild: str) -> None:
        """Opens the copy for reading, unless another rebuild has taken over."""
        await self._mark(rebuild, {"ready": True})

    async def ids(self) -> list[str]:
        """The ids of all copies."""
        async with self._orders() as orders:
            return [document["_id"] async for document in orders.find({}, {"_id": 1})]

    async def delete(self, order_ids: Sequence[str]) -> None:
        """Deletes copies."""
        async with self._orders() as orders:
            await orders.delete_many({"_id": {"$in": list(order_ids)}})

    async def _incarnation(self) -> int:
        async with self._truth.reader() as tx:
            row = await tx.one(_INCARNATION)
        assert row is not None
        return int(row["incarnation"])

    @asynccontextmanager
    async def _orders(self) -> AsyncIterator[AsyncCollection[Document]]:
        """The collection; an absent server is Unavailable."""
        assert self._client is not None
        try:
            yield self._client[self._name]["orders"]
        except ConnectionFailure as error:
            raise Unavailable("the list of orders is away", reason="READ_MODEL_UNAVAILABLE") from error

    async def _marker(self, orders: AsyncCollection[Document]) -> Document | None:
        return await orders.database["markers"].find_one({"_id": _MARKER})

    async def _mark(self, rebuild: str, changes: Mapping[str, Any]) -> bool:
        async with self._orders() as orders:
            mine = {"_id": _MARKER, "rebuild": rebuild}
            done = await orders.database["markers"].update_one(mine, {"$set": changes})
            return done.matched_count == 1

    async def _claim(self, orders: AsyncCollection[Document], marker: Document | None, incarnation: int) -> str | None:
        """Puts a marker of our own in the place of the one seen; None where somebody else was quicker."""
        await orders.create_indexes([IndexModel([("user_id", 1), *_NEWEST_FIRST], name="orders_user")])
        ours = {
            "_id": _MARKER,
            "projection": self._projection,
            "incarnation": incarnation,
            "ready": False,
            "rebuild": str(uuid4()),
            "beat": self._clock(),
        }
        markers = orders.database["markers"]
        if marker is None:
            try:
                await markers.insert_one(ours)
            except DuplicateKeyError:
                return None
            return str(ours["rebuild"])
        seen = {"_id": _MARKER, "rebuild": marker["rebuild"]}
        replaced = await markers.replace_one(seen, ours)
        return str(ours["rebuild"]) if replaced.matched_count else None

    def _whole(self, marker: Document | None, incarnation: int) -> bool:
        return marker is not None and self._same(marker, incarnation) and bool(marker["ready"])

    def _same(self, marker: Document, incarnation: int) -> bool:
        return (marker["projection"], marker["incarnation"]) == (self._projection, incarnation)

    def _newer(self, marker: Document) -> bool:
        return bool(marker["projection"] > self._projection)

    def _alive(self, marker: Document) -> bool:
        """Whether somebody rebuilds for this very projection now."""
        return (
            not marker["ready"]
            and marker["projection"] == self._projection
            and marker["beat"] > self._clock() - _DEAD_AFTER
        )

    async def _refuse_newer(self, orders: AsyncCollection[Document]) -> None:
        """A newer release shapes the documents now: what we would write is behind, and so must wait, not be lost."""
        marker = await self._marker(orders)
        if marker is not None and self._newer(marker):
            raise Unavailable("a newer projection has taken over", reason="PROJECTION_NEWER", retry_after=10)


def document(view: OrderView, projection: int, incarnation: int) -> Document:
    """The copy of an order; times are kept to the millisecond."""
    return {
        "_id": view.id,
        "projection": projection,
        "incarnation": incarnation,
        "version": view.version,
        "user_id": view.user_id,
        "state": view.state.value,
        "create_time": view.create_time,
        "order": _VIEW.dump_python(view, mode="json"),
    }


def _older_than(document: Document) -> Document:
    """Matches the document of this id if it is older, by projection, then incarnation, then version."""
    projection, incarnation, version = (document[name] for name in ("projection", "incarnation", "version"))
    return {
        "_id": document["_id"],
        "$or": [
            {"projection": {"$lt": projection}},
            {"projection": projection, "incarnation": {"$lt": incarnation}},
            {"projection": projection, "incarnation": incarnation, "version": {"$lt": version}},
        ],
    }


def _filter(user_id: str, states: Sequence[State], after: PageKey | None) -> Document:
    wanted: Document = {"user_id": user_id}
    if states:
        wanted["state"] = {"$in": [state.value for state in states]}
    if after is not None:
        moment = after.create_time.astimezone(UTC)
        wanted["$or"] = [
            {"create_time": {"$lt": moment}},
            {"create_time": moment, "_id": {"$lt": after.order_id}},
        ]
    return wanted
