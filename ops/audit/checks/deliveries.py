"""Confirmations by mail."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query
from services.order.adapters.stream import from_bytes

_CONFIRMED = query(
    """select e.order_id, e.type, e.payload from order_events e join order_contacts c using (order_id)
       where e.type = 'Confirmed' and c.email is not null and e.order_id > %(after)s
       order by e.order_id limit %(count)s"""
)
_DELIVERIES = query(
    """select subject_id, state, create_time from deliveries
       where template = 'order_confirmed' and subject_id = any(%(ids)s)"""
)
FINISHED = ("SENT", "FAILED")
"""FAILED: the recipient's server refuses it for good, which notify has told its people."""
_MARGIN = timedelta(days=1)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    oldest = datetime.now(UTC) - stores.settings.deliveries_kept() + _MARGIN
    async for rows in stores.pages("order", _CONFIRMED, "order_id"):
        confirmed = {ids.text("ord", row["order_id"]): _time(row) for row in rows}
        found = await stores.all("notify", _DELIVERIES, ids=list(confirmed))
        deliveries = {row["subject_id"]: row for row in found}
        for order_id, time in confirmed.items():
            delivery = deliveries.get(order_id)
            if time < oldest:
                continue
            tally.saw(1)
            if delivery is None:
                yield Finding(order_id, "was confirmed, and no mail tells so", time)
            elif delivery["state"] not in FINISHED:
                yield Finding(order_id, f"its confirmation's mail is {delivery['state']}", delivery["create_time"])


def _time(row: Row) -> datetime:
    return from_bytes(row["type"], bytes(row["payload"])).occurred_at


CHECK = Check("deliveries", "each confirmed order's mail was sent, or refused for good by its recipient", _look)
