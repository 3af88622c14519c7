"""What going back in time means to orders: catalog and payment are asked again for what each order stands for."""

from datetime import datetime

from services.chassis import ids
from services.chassis.database import Transaction, query
from services.chassis.tasks import Tasks
from services.order.domain.saga import TaskKind

# For one that is PLACED or PAID a task of its own waits here, in the same database.
_MOVED = query(
    """select order_id from order_streams
       where state in ('CONFIRMED', 'CANCELED', 'EXPIRED', 'REJECTED') and state_time >= %(begin)s order by order_id"""
)


async def restored(tx: Transaction, begin: datetime) -> dict[str, int]:
    """Leaves a task for each order that was confirmed or ended within the window."""
    rows, tasks = await tx.all(_MOVED, begin=begin), Tasks()
    for row in rows:
        await tasks.add(tx, TaskKind.ISSUE_AGAIN, ids.text("ord", row["order_id"]))
    return {"orders_to_issue_again": len(rows)}
