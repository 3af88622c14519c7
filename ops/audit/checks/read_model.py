"""The lists of orders in MongoDB, and each order's head row, against the fold of its stream."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from ops.audit import streams
from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import PAGE, Stores
from services.chassis import ids
from services.chassis.database import Row, query
from services.order.adapters.lists import document
from services.order.ports import OrderRecord

_INCARNATION = query("select incarnation from chassis_state")
_HEADS = query("select order_id, version, state from order_streams where order_id = any(%(ids)s)")
Json = dict[str, Any]


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    (state,) = await stores.all("order", _INCARNATION)
    marker = await stores.lists["markers"].find_one({"_id": "orders"})
    if not marker or not marker["ready"] or marker["incarnation"] != state["incarnation"]:
        yield Finding("the lists as a whole", f"are being rebuilt, or were never built: {marker}")
        return
    async for page in streams.pages(stores):
        tally.saw(len(page.ids))
        for order_id, why in page.broken.items():
            yield Finding(order_id, why)
        async for finding in _compared(stores, page.records, marker):
            yield finding
    async for finding in _orphans(stores):
        yield finding


async def _compared(stores: Stores, records: list[OrderRecord], marker: Json) -> AsyncIterator[Finding]:
    order_ids = [record.order.id for record in records]
    documents = await stores.lists["orders"].find({"_id": {"$in": order_ids}}).to_list()
    copies = {copy["_id"]: copy for copy in documents}
    heads = {row["order_id"]: row for row in await _rows(stores, _HEADS, order_ids)}
    for record in records:
        order = record.order
        head = heads[ids.uuid_of(order.id)]
        if (head["version"], head["state"]) != (order.version, order.state):
            text = (
                f"its head row says {head['state']} at {head['version']}, its stream {order.state} at {order.version}"
            )
            yield Finding(order.id, text, order.update_time)
        wanted = document(record.view, marker["projection"], marker["incarnation"])
        if wrong := _differences(wanted, copies.get(order.id)):
            yield Finding(order.id, f"its copy in the lists {wrong}", order.update_time)


def _differences(wanted: Json, found: Json | None) -> str:
    if found is None:
        return "is missing"
    names = [name for name in wanted if _stored(wanted[name]) != found.get(name)]
    return f"differs in {', '.join(names)}" if names else ""


def _stored(value: Any) -> Any:
    """As MongoDB keeps it: times to the millisecond."""
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value


async def _orphans(stores: Stores) -> AsyncIterator[Finding]:
    """Copies of orders that do not exist. The copy is read first: a stream that it was made of is there by then."""
    last = ids.text("ord", stores.first_id)
    copies = stores.lists["orders"]
    while page := await copies.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", 1).limit(PAGE).to_list():
        order_ids = [copy["_id"] for copy in page]
        known = {ids.text("ord", row["order_id"]) for row in await _rows(stores, _HEADS, order_ids)}
        for order_id in order_ids:
            if order_id not in known:
                yield Finding(order_id, "is in the lists, and there is no such order")
        last = order_ids[-1]


async def _rows(stores: Stores, statement: Any, order_ids: Iterable[str]) -> list[Row]:
    return await stores.all("order", statement, ids=[ids.uuid_of(each) for each in order_ids])


CHECK = Check("read_model", "the lists of orders, and each order's head row, are what its stream folds to", _look)
