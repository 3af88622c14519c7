"""What going back in time means to messages: what was not yet sent then may have been since."""

from datetime import datetime

from services.chassis.database import Transaction, query

_UNSENT = query("select count(*)::int as count from deliveries where state in ('PENDING', 'SENDING')")


async def restored(tx: Transaction, _begin: datetime) -> dict[str, int]:
    """Changes nothing: a message that was waiting is sent, perhaps a second time, under its one Message-ID; says how many."""
    row = await tx.one(_UNSENT)
    assert row
    return {"messages_that_may_go_out_twice": row["count"]}
