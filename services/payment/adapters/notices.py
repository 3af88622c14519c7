"""Stripe's notices, money that nobody here knows of, and how far Stripe's list was read, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from services.chassis.database import Database, Row, query
from services.chassis.money import Money
from services.chassis.tasks import Tasks
from services.payment.domain.settlement import Standing
from services.payment.domain.sweeping import Sweep
from services.payment.ports import Notice, NoticeState, TaskKind, UnknownCapture

_ADD = query(
    """insert into notices (id, type, event, state, receive_time)
       values (%(id)s, %(type)s, %(event)s, %(state)s, %(now)s) on conflict do nothing"""
)
_GET = query("select id, type, event, state from notices where id = %(id)s")
_MARK = query("update notices set state = %(state)s, handle_time = %(now)s where id = %(id)s")
_PURGE = query("delete from notices where receive_time < %(before)s and state in ('HANDLED', 'IGNORED')")
_ADD_CAPTURE = query(
    """insert into unknown_captures (intent_id, payment_id, amount, currency, find_time)
       values (%(intent_id)s, %(payment_id)s, %(amount)s, %(currency)s, %(now)s) on conflict do nothing"""
)
_CAPTURES = "select intent_id, payment_id, amount, currency, find_time from unknown_captures"
_ALL_CAPTURES = query(f"{_CAPTURES} order by find_time, intent_id")
_GET_CAPTURE = query(f"{_CAPTURES} where intent_id = %(intent_id)s")
_GET_SWEEP = query("select read_until, begin_time, after from sweep")
_SAVE_SWEEP = query(
    """insert into sweep (read_until, begin_time, after) values (%(read_until)s, %(begin_time)s, %(after)s)
       on conflict (singleton) do update set
           read_until = excluded.read_until, begin_time = excluded.begin_time, after = excluded.after"""
)


class PostgresNotices:
    """The port ``Notices``."""

    def __init__(self, database: Database, tasks: Tasks) -> None:
        self._database = database
        self._tasks = tasks

    async def add(self, notices: Sequence[Notice], now: datetime) -> None:
        """Stores each once, with its task where it is to be handled."""
        async with self._database.transaction() as tx:
            for notice in notices:
                values = {"id": notice.id, "type": notice.type, "event": notice.event, "state": notice.state}
                if await tx.execute(_ADD, **values, now=now) and notice.state is NoticeState.RECEIVED:
                    await self._tasks.add(tx, TaskKind.HANDLE_NOTICE, notice.id)

    async def get(self, id: str) -> Notice | None:
        """The notice of this event."""
        async with self._database.reader() as tx:
            row = await tx.one(_GET, id=id)
        return Notice(row["id"], row["type"], row["event"], NoticeState(row["state"])) if row else None

    async def mark(self, id: str, state: NoticeState, now: datetime) -> None:
        """Records how far we are."""
        async with self._database.transaction() as tx:
            await tx.execute(_MARK, id=id, state=state, now=now)

    async def purge(self, before: datetime) -> None:
        """Forgets old notices."""
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE, before=before)


class PostgresUnknownCaptures:
    """The port ``UnknownCaptures``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, standing: Standing, now: datetime) -> None:
        """Records a capture once."""
        assert standing.captured
        values = {"amount": standing.captured.amount, "currency": standing.captured.currency, "now": now}
        async with self._database.transaction() as tx:
            await tx.execute(_ADD_CAPTURE, intent_id=standing.intent_id, payment_id=standing.payment_id, **values)

    async def all(self) -> list[UnknownCapture]:
        """The oldest first."""
        async with self._database.reader() as tx:
            return [_capture(row) for row in await tx.all(_ALL_CAPTURES)]

    async def get(self, intent_id: str) -> UnknownCapture | None:
        async with self._database.reader() as tx:
            row = await tx.one(_GET_CAPTURE, intent_id=intent_id)
        return _capture(row) if row else None


def _capture(row: Row) -> UnknownCapture:
    amount = Money(row["amount"], row["currency"])
    return UnknownCapture(row["intent_id"], row["payment_id"], amount, row["find_time"])


class PostgresSweeps:
    """The port ``Sweeps``: one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self) -> Sweep | None:
        """How far the list was read."""
        async with self._database.reader() as tx:
            row = await tx.one(_GET_SWEEP)
        return Sweep(row["read_until"], row["begin_time"], row["after"]) if row else None

    async def save(self, sweep: Sweep) -> None:
        """Overwrites it."""
        async with self._database.transaction() as tx:
            await tx.execute(_SAVE_SWEEP, read_until=sweep.read_until, begin_time=sweep.begin_time, after=sweep.after)
