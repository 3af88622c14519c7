"""Stock and reservations in PostgreSQL.

Locks are taken in one order by everybody: the reservation, then the stock of its lines by variant id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.catalog.adapters.outgoing import Outgoing
from services.catalog.domain import stock as rules
from services.catalog.domain.stock import (
    MOVES,
    RESERVE,
    Bucket,
    Move,
    ReservationState,
    Shortage,
    StockChange,
    StockLevel,
    StockLine,
)
from services.chassis import ids
from services.chassis.database import Database, Query, Row, Transaction, query

_ENTER = query(
    """insert into reservations (order_id, state, expire_time, create_time, update_time)
       values (%(order_id)s, %(state)s, %(expire_time)s, %(now)s, %(now)s) on conflict do nothing"""
)
_LOCK = query("select state from reservations where order_id = %(order_id)s for update")
_MARK = query("update reservations set state = %(state)s, update_time = %(now)s where order_id = %(order_id)s")
_HOLD = query(
    """update reservations set state = 'RESERVED', expire_time = greatest(expire_time, %(expire_time)s),
                               update_time = %(now)s where order_id = %(order_id)s"""
)
_LAPSED = query(
    """select order_id from reservations where state = 'RESERVED' and expire_time <= %(now)s
       order by expire_time limit 1 for update skip locked"""
)
_LINES = query("select variant_id, quantity from reservation_lines where order_id = %(order_id)s")
_NO_LINES = query("delete from reservation_lines where order_id = %(order_id)s")

_NEW_LINES = """
    insert into reservation_lines (order_id, variant_id, quantity)
    select %(order_id)s, * from unnest(%(variant_ids)s::uuid[], %(quantities)s::integer[])
    returning variant_id, quantity"""
_HELD_LINES = "select variant_id, quantity from reservation_lines where order_id = %(order_id)s"
_NOTE = """
    insert into stock_changes (variant_id, version, received, free, reserved, sold, reason, order_id, create_time)
    select variant_id, version, received, free, reserved, sold, %(reason)s, %(order_id)s, %(now)s from moved"""


# Locked by a statement of its own, so that the next one's snapshot shows what it has waited for: a statement that waits
# and decides at once was seen to decide by what the row held before.
_LOCK_GIVEN = query("select from stock where variant_id = any(%(variant_ids)s::uuid[]) order by variant_id for update")
_LOCK_HELD = query(
    """select from stock where variant_id in (select variant_id from reservation_lines where order_id = %(order_id)s)
       order by variant_id for update"""
)


def _moving(move: Move) -> Query:
    """All lines of an order move, or none: one statement decides and writes; their stock is locked already.

    It returns each line with what was available; ``version`` is null where nothing moved.
    """
    source, target = move.source.value, move.target.value
    # What is no longer on sale is not reserved, but what a customer has paid for is sold from free stock all the same.
    available = f"s.{source}"
    if move is RESERVE:
        available = "case when v.withdrawn or p.state <> 'ACTIVE' then 0 else s.free end"
    return query(
        f"""with lines as ({_NEW_LINES if move is RESERVE else _HELD_LINES}),
            found as (
                select s.variant_id, v.product_id, v.sku, l.quantity, {available} as available
                from lines l
                join stock s on s.variant_id = l.variant_id
                join variants v on v.id = s.variant_id
                join products p on p.id = v.product_id
            ),
            verdict as (
                select count(*) = (select count(*) from lines) and bool_and(available >= quantity) as enough from found
            ),
            moved as (
                update stock s set {source} = s.{source} - l.quantity, {target} = s.{target} + l.quantity,
                                   version = s.version + 1
                from found l where s.variant_id = l.variant_id and (select enough from verdict) returning s.*
            ),
            noted as ({_NOTE})
            select l.variant_id, l.quantity, k.product_id, k.sku, k.available,
                   m.received, m.free, m.reserved, m.sold, m.version
            from lines l left join found k using (variant_id) left join moved m using (variant_id)
            order by l.variant_id"""
    )


_MOVES = {move: _moving(move) for move in MOVES}
_ADJUST = query(
    f"""with moved as (
            update stock s set received = s.received + %(delta)s, free = s.free + %(delta)s, version = s.version + 1
            where s.variant_id = %(variant_id)s and s.free + %(delta)s >= 0 returning s.*
        ),
        noted as ({_NOTE})
        select m.*, v.product_id from moved m join variants v on v.id = m.variant_id"""
)
_FREE = query(
    "select v.sku, s.free from stock s join variants v on v.id = s.variant_id where s.variant_id = %(variant_id)s"
)


class StockRepository:
    """Implements ``ports.Stock``."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    async def adjust(self, variant_id: str, delta: int, reason: str, now: datetime) -> StockLevel | None:
        key = ids.uuid_of(variant_id)
        async with self._database.transaction() as tx:
            row = await tx.one(_ADJUST, variant_id=key, delta=delta, reason=reason, order_id=None, now=now)
            if row is not None:
                change = StockChange(_level(row), reason, "", now)
                await self._outgoing.stock(tx, change)
                return change.level
            known = await tx.one(_FREE, variant_id=key)
        if known is None:
            return None
        raise rules.insufficient([Shortage(known["sku"], -delta, known["free"])])

    async def reserve(
        self, order_id: str, lines: Sequence[StockLine], expire_time: datetime, now: datetime
    ) -> ReservationState:
        key = {"order_id": ids.uuid_of(order_id)}
        async with self._database.transaction() as tx:
            state = await self._enter(tx, key, ReservationState.RESERVED, expire_time, now)
            move = rules.reserving(order_id, state)
            if move is None:
                assert state is not None
                if state is ReservationState.RESERVED:
                    await self._require_same(tx, order_id, lines)
                    await tx.execute(_HOLD, expire_time=expire_time, now=now, **key)
                return state
            if state is not None:
                await tx.execute(_NO_LINES, **key)
                await tx.execute(_HOLD, expire_time=expire_time, now=now, **key)
            return await self._move(tx, move, order_id, now, lines)

    async def sell(self, order_id: str, now: datetime) -> ReservationState:
        async with self._database.transaction() as tx:
            state = await self._lock(tx, ids.uuid_of(order_id))
            move = rules.selling(order_id, state)
            return await self._move(tx, move, order_id, now) if move else ReservationState.SOLD

    async def release(self, order_id: str, now: datetime) -> ReservationState:
        key = {"order_id": ids.uuid_of(order_id)}
        async with self._database.transaction() as tx:
            state = await self._enter(tx, key, ReservationState.RELEASED, now, now)
            if state in (None, ReservationState.RELEASED):
                return ReservationState.RELEASED
            move = rules.releasing(state)
            if move:
                return await self._move(tx, move, order_id, now)
            await tx.execute(_MARK, state=ReservationState.RELEASED, now=now, **key)
            return ReservationState.RELEASED

    async def lapse_next(self, now: datetime) -> str | None:
        async with self._database.transaction() as tx:
            row = await tx.one(_LAPSED, now=now)
            if row is None:
                return None
            order_id = ids.text("ord", row["order_id"])
            await self._move(tx, rules.LAPSE, order_id, now)
            return order_id

    async def _enter(
        self, tx: Transaction, key: Row, state: ReservationState, expire_time: datetime, now: datetime
    ) -> ReservationState | None:
        """Makes the reservation, locked, or locks the one there is and returns its state."""
        if await tx.execute(_ENTER, state=state, expire_time=expire_time, now=now, **key):
            return None
        return await self._lock(tx, key["order_id"])

    async def _lock(self, tx: Transaction, order_id: UUID) -> ReservationState | None:
        row = await tx.one(_LOCK, order_id=order_id)
        return ReservationState(row["state"]) if row else None

    async def _require_same(self, tx: Transaction, order_id: str, lines: Sequence[StockLine]) -> None:
        held = await tx.all(_LINES, order_id=ids.uuid_of(order_id))
        if {row["variant_id"]: row["quantity"] for row in held} != {
            ids.uuid_of(line.variant_id): line.quantity for line in lines
        }:
            raise rules.different_lines(order_id)

    async def _move(
        self, tx: Transaction, move: Move, order_id: str, now: datetime, lines: Sequence[StockLine] = ()
    ) -> ReservationState:
        """Moves the lines that the order holds, or ``lines`` to reserve, for a reservation that says RESERVED already;
        INSUFFICIENT_STOCK where one falls short. From the lock to the commit others wait for the same variants.
        """
        key: dict[str, Any] = {"order_id": ids.uuid_of(order_id), "now": now}
        given = _arrays(lines) if move is RESERVE else {}
        if given:
            await tx.execute(_LOCK_GIVEN, variant_ids=given["variant_ids"])
        else:
            await tx.execute(_MARK, state=move.state, **key)
            await tx.execute(_LOCK_HELD, order_id=key["order_id"])
        moved = await tx.all(_MOVES[move], reason=move.reason, **key, **given)
        if any(row["version"] is None for row in moved):
            raise rules.insufficient(_shortages(moved))
        for row in moved:
            await self._outgoing.stock(tx, StockChange(_level(row), move.reason, order_id, now))
        return move.state


def _arrays(lines: Sequence[StockLine]) -> dict[str, Any]:
    return {
        "variant_ids": [ids.uuid_of(line.variant_id) for line in lines],
        "quantities": [line.quantity for line in lines],
    }


def _shortages(rows: Sequence[Row]) -> list[Shortage]:
    """The lines that fell short, out of rows of a move that moved nothing."""
    return [
        Shortage(row["sku"] or ids.text("var", row["variant_id"]), row["quantity"], row["available"] or 0)
        for row in rows
        if (row["available"] or 0) < row["quantity"]
    ]


def _level(row: Row) -> StockLevel:
    return StockLevel(
        variant_id=ids.text("var", row["variant_id"]),
        product_id=ids.text("prod", row["product_id"]),
        **{name: row[name] for name in ("received", *Bucket, "version")},
    )
