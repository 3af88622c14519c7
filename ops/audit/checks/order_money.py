"""Money by order: what payment captured and gave back, against what the order's stream says."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.audit import streams
from ops.audit.check import Check, Finding, Tally, shown
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query
from services.chassis.money import Money
from services.order.domain.order import Order, State
from services.payment.domain.payment import Dispute

_BOOKS = query(
    """select p.order_id, p.currency, p.update_time,
              (select json_agg(json_build_array(a.id, a.verdict, a.captured_amount, a.captured_currency))
               from attempts a where a.payment_id = p.id and a.state = 'CAPTURED') as captures,
              (select json_agg(json_build_array(r.attempt_id, r.state, r.amount, r.currency))
               from refunds r where r.payment_id = p.id) as refunds,
              (select json_agg(json_build_array(d.id, d.attempt_id, d.status, d.amount))
               from disputes d where d.payment_id = p.id) as disputes
       from payments p where p.order_id = any(%(ids)s)"""
)
_CAPTURED = query(
    """select p.order_id, p.update_time from payments p
       where exists (select from attempts a where a.payment_id = p.id and a.state = 'CAPTURED')
         and p.order_id > %(after)s order by p.order_id limit %(count)s"""
)
_KNOWN = query("select order_id from order_streams where order_id = any(%(ids)s)")
ENDED = (State.REJECTED, State.CANCELED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Capture:
    """Money that came; it `counts` where it pays the order, any other goes back.

    `refunded` went back, `going` is on its way back, `taken` is what a bank took.
    """

    counts: bool
    amount: Money
    refunded: Money
    going: Money
    taken: Money


@dataclass(frozen=True, slots=True)
class Books:
    """What payment holds of one order; `refunded` by currency."""

    captures: tuple[Capture, ...]
    refunded: dict[str, Money]
    since: datetime


def books_of(row: Row) -> Books:
    """The books of a row of payment's tables."""
    refunds, disputes = row["refunds"] or (), row["disputes"] or ()
    captures = tuple(_capture(capture, refunds, disputes) for capture in row["captures"] or ())
    refunded: dict[str, Money] = {}
    for _, state, amount, code in refunds:
        if state == "SUCCEEDED":
            refunded[code] = refunded.get(code, Money.zero(code)) + Money(amount, code)
    return Books(captures, refunded, row["update_time"])


def _capture(row: Any, refunds: Any, disputes: Any) -> Capture:
    attempt_id, verdict, captured, code = row
    back = dict.fromkeys(("SUCCEEDED", "PENDING", "FAILED"), Money.zero(code))
    for of, state, amount, _ in refunds:
        if of == attempt_id:
            back[state] += Money(amount, code)
    claims = (Dispute(name, of, Money(amount, code), status) for name, of, status, amount in disputes)
    taken = sum(claim.amount.amount for claim in claims if claim.attempt_id == attempt_id and claim.is_taken)
    amount = Money(captured, code)
    return Capture(verdict == "COUNTED", amount, back["SUCCEEDED"], back["PENDING"], Money(taken, code))


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async for page in streams.pages(stores):
        tally.saw(len(page.ids))
        for order_id, why in page.broken.items():
            yield Finding(order_id, why)
        rows = await stores.all("payment", _BOOKS, ids=[ids.uuid_of(each) for each in page.ids])
        books = {ids.text("ord", row["order_id"]): books_of(row) for row in rows}
        for record in page.records:
            order, own = record.order, books.get(record.order.id)
            _sum(tally, order, own)
            wrong = "; ".join(disagreements(order, own))
            if wrong:
                yield Finding(order.id, wrong, max(order.update_time, own.since if own else order.update_time))
    async for rows in stores.pages("payment", _CAPTURED, "order_id"):
        found = await stores.all("order", _KNOWN, ids=[row["order_id"] for row in rows])
        known = {row["order_id"] for row in found}
        for row in rows:
            if row["order_id"] not in known:
                yield Finding(
                    ids.text("ord", row["order_id"]), "was paid, and there is no such order", row["update_time"]
                )


def disagreements(order: Order, books: Books | None) -> Iterator[str]:
    """Where an order and its payment say different things of the same money."""
    paid = order.placed.totals.total if order.payment_id else None
    counted = [capture.amount for capture in books.captures if capture.counts] if books else []
    if counted != ([paid] if paid else []):
        came = ", ".join(map(shown, counted)) or "nothing"
        yield f"is {order.state} and counts {shown(paid)} as paid, but {came} was captured for it"
    refunded = books.refunded if books else {}
    for code in sorted(order.refunded_by_currency.keys() | refunded.keys()):
        here, there = order.refunded_by_currency.get(code), refunded.get(code)
        if here != there:
            yield f"{shown(there)} went back, and the order says {shown(here)}"
    for capture in books.captures if books else ():
        yield from _kept(order, capture)


def _kept(order: Order, capture: Capture) -> Iterator[str]:
    """What is kept of money that should have gone back, or the other way round."""
    left = capture.amount - capture.refunded - capture.going - capture.taken
    if left < Money.zero(left.currency):
        yield f"{shown(left * -1)} more went back than the {shown(capture.amount)} that came"
    elif left and (order.state in ENDED or not capture.counts):
        yield f"is {order.state}, and {shown(left)} of {shown(capture.amount)} neither went back nor is under way"


def _sum(tally: Tally, order: Order, books: Books | None) -> None:
    if order.payment_id:
        tally.add("net of orders", order.placed.totals.total)
    for amount in order.refunded_by_currency.values():
        tally.add("net of orders", amount * -1)
    for capture in books.captures if books else ():
        tally.add("captured - refunded", capture.amount - capture.refunded)


CHECK = Check("order_money", "captured - refunded is the net of the order, and nothing is kept of an ended one", _look)
