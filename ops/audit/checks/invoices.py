"""Invoices and credit notes against orders, refunds and their own numbers."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from ops.audit.check import Check, Finding, Tally, shown
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query
from services.chassis.money import Money
from services.order.adapters.stream import from_bytes

_CONFIRMED = query(
    """select order_id, type, payload from order_events where type = 'Confirmed' and order_id > %(after)s
       order by order_id limit %(count)s"""
)
_KNOWN = query("select order_id from order_events where type = 'Confirmed' and order_id = any(%(ids)s)")
_INVOICED = query(
    """select order_id, issue_time from invoices where kind = 'INVOICE' and order_id > %(after)s
       order by order_id limit %(count)s"""
)
_OF_ORDERS = query(
    """select p.order_id, p.amount, p.currency, p.update_time, i.count, i.total, i.unrendered, i.issue_time,
              coalesce(n.credited, 0)::bigint as credited, coalesce(r.refunded, 0)::bigint as refunded
       from payments p
       left join lateral (
           select count(*) as count, max(v.total) as total, max(v.issue_time) as issue_time,
                  count(*) filter (where f.invoice_id is null) as unrendered
           from invoices v left join invoice_files f on f.invoice_id = v.id
           where v.order_id = p.order_id and v.kind = 'INVOICE') i on true
       left join lateral (
           select sum(v.total) as credited from invoices v
           where v.order_id = p.order_id and v.kind = 'CREDIT_NOTE') n on true
       left join lateral (
           select sum(f.amount) as refunded from refunds f join attempts a on a.id = f.attempt_id
           where f.payment_id = p.id and f.state = 'SUCCEEDED' and a.verdict = 'COUNTED') r on true
       where p.order_id = any(%(ids)s)"""
)
_GAPS = query(
    """select s.name, s.last_number, count(v.id) as there,
              (select min(t.n) from generate_series(1, s.last_number) as t (n)
               where not exists (select from invoices w where w.series = s.name and w.series_number = t.n)) as missing
       from invoice_series s left join invoices v on v.series = s.name
       group by s.name having count(v.id) <> s.last_number or coalesce(max(v.series_number), 0) <> s.last_number
       order by s.name"""
)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async for rows in stores.pages("order", _CONFIRMED, "order_id"):
        tally.saw(len(rows))
        found = {row["order_id"]: row for row in await _of(stores, "payment", _OF_ORDERS, rows)}
        for row in rows:
            if wrong := _wrong(own := found.get(row["order_id"])):
                time = from_bytes(row["type"], bytes(row["payload"])).occurred_at
                yield Finding(_id(row), wrong, max([time, *([own["update_time"]] if own else [])]))
    async for rows in stores.pages("payment", _INVOICED, "order_id"):
        confirmed: set[UUID] = {row["order_id"] for row in await _of(stores, "order", _KNOWN, rows)}
        for row in rows:
            if row["order_id"] not in confirmed:
                yield Finding(_id(row), "has an invoice and was never confirmed", row["issue_time"])
    for row in await stores.all("payment", _GAPS):
        text = f"gave {row['last_number']} numbers, {row['there']} are there; the first that is not: {row['missing']}"
        yield Finding(f"series {row['name']}", text)


def _wrong(row: Row | None) -> str:
    """What is wrong with the documents of a confirmed order; empty where nothing is."""
    if row is None or row["count"] != 1:
        return f"was confirmed and has {row['count'] if row else 'no payment and so no'} invoices"
    total, due, credited, refunded = (
        Money(row[name], row["currency"]) for name in ("total", "amount", "credited", "refunded")
    )
    if total != due:
        return f"its invoice is over {shown(total)}, it was paid with {shown(due)}"
    if credited < min(refunded, total):
        return f"{shown(refunded)} went back, {shown(credited)} is credited"
    if credited > total:
        return f"{shown(credited)} is credited of an invoice over {shown(total)}"
    return "its invoice has no file" if row["unrendered"] else ""


async def _of(stores: Stores, service: str, statement: Any, rows: list[Row]) -> list[Row]:
    return await stores.all(service, statement, ids=[row["order_id"] for row in rows])


def _id(row: Row) -> str:
    return ids.text("ord", row["order_id"])


CHECK = Check(
    "invoices", "each confirmed order has one invoice, each refund its credit, and no number is missing", _look
)
