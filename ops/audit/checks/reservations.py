"""What orders hold of the stock, against where the orders stand."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query

_HOLDING = query(
    """select order_id, state, update_time from reservations
       where state in ('RESERVED', 'SOLD') and order_id > %(after)s order by order_id limit %(count)s"""
)
_CONFIRMED = query(
    """select order_id, state, state_time from order_streams
       where state = 'CONFIRMED' and order_id > %(after)s order by order_id limit %(count)s"""
)
_ORDERS = query("select order_id, state, state_time from order_streams where order_id = any(%(ids)s)")
_PLACEMENTS = query("select order_id from placements where status = 'OPEN' and order_id = any(%(ids)s)")
_RESERVATIONS = query("select order_id, state from reservations where order_id = any(%(ids)s)")
HOLDERS = {"RESERVED": ("PLACED", "PAID"), "SOLD": ("PAID", "CONFIRMED")}
"""States in which an order may hold a reservation of this state."""


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async for rows in stores.pages("catalog", _HOLDING, "order_id"):
        tally.saw(len(rows))
        orders = await _by_order(stores, "order", _ORDERS, rows)
        placing = await _by_order(stores, "order", _PLACEMENTS, rows)
        for row in rows:
            order = orders.get(row["order_id"])
            if order is None and row["order_id"] not in placing:
                yield Finding(_id(row), f"is unknown, and holds stock ({row['state']})", row["update_time"])
            elif order and order["state"] not in HOLDERS[row["state"]]:
                since = max(row["update_time"], order["state_time"])
                yield Finding(_id(row), f"is {order['state']}, and its stock is still {row['state']}", since)
    async for rows in stores.pages("order", _CONFIRMED, "order_id"):
        tally.saw(len(rows))
        reservations = await _by_order(stores, "catalog", _RESERVATIONS, rows)
        for row in rows:
            state = reservations.get(row["order_id"], {"state": "nowhere"})["state"]
            if state != "SOLD":
                yield Finding(_id(row), f"is CONFIRMED, but its stock is {state}", row["state_time"])


async def _by_order(stores: Stores, service: str, statement: Any, rows: list[Row]) -> dict[UUID, Row]:
    found = await stores.all(service, statement, ids=[row["order_id"] for row in rows])
    return {row["order_id"]: row for row in found}


def _id(row: Row) -> str:
    return ids.text("ord", row["order_id"])


CHECK = Check("reservations", "no reservation outlives its order, and each confirmed order's stock is sold", _look)
