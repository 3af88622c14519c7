"""Orders folded from their streams, page by page, by the product's own code."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from ops.audit.stores import Stores
from services.chassis import ids
from services.order.ports import OrderRecord

COUNT = 200
UNFOLDABLE = (KeyError, ValueError, TypeError, DecodeError)
"""What reading and folding a stream raises where it holds what no release wrote."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders. `broken` says by id why a stream cannot be folded."""

    ids: list[str]
    records: list[OrderRecord]
    broken: dict[str, str]


async def pages(stores: Stores) -> AsyncIterator[Page]:
    """All orders, by id."""
    last: str | None = ids.text("ord", stores.first_id)
    while order_ids := await stores.orders.ids_after(last, COUNT):
        yield await _page(stores, order_ids)
        last = order_ids[-1]


async def _page(stores: Stores, order_ids: list[str]) -> Page:
    try:
        return Page(order_ids, await stores.orders.many(order_ids), {})
    except UNFOLDABLE:  # one at least cannot be folded: which?
        return await _one_by_one(stores, order_ids)


async def _one_by_one(stores: Stores, order_ids: list[str]) -> Page:
    page = Page(order_ids, [], {})
    for order_id in order_ids:
        try:
            page.records.extend(await stores.orders.many([order_id]))
        except UNFOLDABLE as error:
            page.broken[order_id] = f"its stream cannot be folded: {error!r}"
    return page
