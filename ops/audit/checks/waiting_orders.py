"""Orders that should have moved on."""

from collections.abc import AsyncIterator

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import query

_OPEN = query(
    """select order_id, state, case state when 'PAID' then state_time else expire_time end as since
       from order_streams where state in ('PLACED', 'PAID') and order_id > %(after)s order by order_id limit %(count)s"""
)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async for rows in stores.pages("order", _OPEN, "order_id"):
        tally.saw(len(rows))
        for row in rows:
            paid = row["state"] == "PAID"
            text = f"is paid, but not confirmed since {row['since']}" if paid else f"could be paid until {row['since']}"
            yield Finding(ids.text("ord", row["order_id"]), text, row["since"])


CHECK = Check("waiting_orders", "no paid order waits, and no unpaid one is past its deadline", _look)
