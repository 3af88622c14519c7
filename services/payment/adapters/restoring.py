"""What going back in time means to payments: Stripe has not gone back, so what happened there since is asked for."""

from datetime import datetime

from services.chassis.database import Transaction, query

# Stripe keeps its events a day longer than the window is long. Behind its own mark a sweep never begins.
_SWEEP_AGAIN = query(
    """insert into sweep (read_until, begin_time, after) values (%(begin)s, null, '')
       on conflict (singleton) do update set
           read_until = least(sweep.read_until, excluded.read_until), begin_time = null, after = ''"""
)
_RECONCILE_NOW = query("update tasks set due_time = now() where kind in ('sweep-events', 'settle-unfinished')")
_UNFINISHED = query("select count(*)::int as count from payments where state in ('OPEN', 'CLOSING')")


async def restored(tx: Transaction, begin: datetime) -> dict[str, int]:
    """Has the whole window of Stripe's list read again; a payment that is not here becomes UNKNOWN, with an alarm."""
    await tx.execute(_SWEEP_AGAIN, begin=begin)
    await tx.execute(_RECONCILE_NOW)
    row = await tx.one(_UNFINISHED)
    assert row
    return {"payments_to_settle": row["count"]}
