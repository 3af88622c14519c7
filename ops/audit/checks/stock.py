"""Each variant's units: on its row, in its movements, and in what orders hold. One statement, so one moment."""

from collections.abc import AsyncIterator

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query

_ALL = query("select count(*) as variants from stock")
# A movement holds the row as it became, so the sum of movements is the last one where none before it is missing.
_BAD = query(
    """with held as (
           select l.variant_id, coalesce(sum(l.quantity) filter (where r.state = 'RESERVED'), 0) as reserved,
                  coalesce(sum(l.quantity) filter (where r.state = 'SOLD'), 0) as sold
           from reservation_lines l join reservations r using (order_id)
           where r.state in ('RESERVED', 'SOLD') group by l.variant_id
       ), moved as (
           select variant_id, count(*) filter (where version > 0) as changes from stock_changes group by variant_id
       )
       select s.*, coalesce(h.reserved, 0)::bigint as held_reserved, coalesce(h.sold, 0)::bigint as held_sold,
              coalesce(m.changes, 0) as changes,
              (s.received, s.free, s.reserved, s.sold) is not distinct from (c.received, c.free, c.reserved, c.sold)
                  as as_moved
       from stock s left join held h using (variant_id) left join moved m using (variant_id)
            left join stock_changes c on c.variant_id = s.variant_id and c.version = s.version
       where s.received <> s.free + s.reserved + s.sold
          or (s.received, s.free, s.reserved, s.sold) is distinct from (c.received, c.free, c.reserved, c.sold)
          or coalesce(m.changes, 0) <> s.version
          or coalesce(h.reserved, 0) <> s.reserved or coalesce(h.sold, 0) <> s.sold
       order by s.variant_id limit 1000"""
)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    (counted,) = await stores.all("catalog", _ALL)
    tally.saw(counted["variants"])
    for row in await stores.all("catalog", _BAD):
        yield Finding(ids.text("var", row["variant_id"]), "; ".join(_wrong(row)))


def _wrong(row: Row) -> list[str]:
    wrong = {
        f"received {row['received']} is not free {row['free']} + reserved {row['reserved']} + sold {row['sold']}": (
            row["received"] != row["free"] + row["reserved"] + row["sold"]
        ),
        f"has {row['changes']} movements at version {row['version']}": row["changes"] != row["version"],
        "its last movement says otherwise": not row["as_moved"],
        f"{row['reserved']} reserved, orders hold {row['held_reserved']}": row["reserved"] != row["held_reserved"],
        f"{row['sold']} sold, orders bought {row['held_sold']}": row["sold"] != row["held_sold"],
    }
    return [text for text, holds in wrong.items() if holds]


CHECK = Check("stock", "received = free + reserved + sold = the movements, and orders hold just that", _look)
