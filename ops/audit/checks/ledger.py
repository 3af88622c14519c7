"""The ledger: in itself, and against the captures, refunds and disputes that it is about. Each asked in one moment."""

from collections.abc import AsyncIterator

from ops.audit.check import Check, Finding, Tally, shown
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import query
from services.chassis.money import Money

_ALL = query("select count(*) as entries from ledger_entries")
_UNEVEN = query(
    """select transaction_id, currency, sum(amount)::bigint as amount from ledger_entries
       group by transaction_id, currency having sum(amount) <> 0 order by transaction_id limit 1000"""
)
_ASTRAY = query(
    """with moves as (
           select payment_id, captured_currency as currency, captured_amount as amount from attempts
           where captured_amount is not null
           union all
           select payment_id, currency, -amount from refunds where state = 'SUCCEEDED'
           union all
           select payment_id, currency, -amount from disputes where status <> 'won' and status not like 'warning\\_%%'
       ), books as (
           select payment_id, currency, sum(amount) as moved from moves group by payment_id, currency
       ), entered as (
           select payment_id, currency, sum(amount) as entered from ledger_entries
           where account = 'PROVIDER' group by payment_id, currency
       )
       select p.order_id, either.currency, coalesce(moved, 0)::bigint as moved, coalesce(entered, 0)::bigint as entered
       from (books full join entered using (payment_id, currency)) either join payments p on p.id = either.payment_id
       where coalesce(moved, 0) <> coalesce(entered, 0) order by p.order_id limit 1000"""
)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    (counted,) = await stores.all("payment", _ALL)
    tally.saw(counted["entries"])
    for row in await stores.all("payment", _UNEVEN):
        rest = shown(Money(row["amount"], row["currency"]))
        yield Finding(f"transaction {row['transaction_id']}", f"sums to {rest}")
    for row in await stores.all("payment", _ASTRAY):
        moved, entered = (shown(Money(row[name], row["currency"])) for name in ("moved", "entered"))
        yield Finding(ids.text("ord", row["order_id"]), f"{moved} of it lie at Stripe, {entered} in the ledger")


CHECK = Check(
    "ledger", "each transaction of the ledger sums to zero, and what it says lies at Stripe has moved so", _look
)
