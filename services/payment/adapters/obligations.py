"""Obligations to give money back, in PostgreSQL."""

from datetime import datetime, timedelta

from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database, query
from services.chassis.tasks import Tasks
from services.payment.domain.payment import Cause
from services.payment.ports import TaskKind

_ADD = query(
    """insert into obligations (order_id, cause, create_time) values (%(order_id)s, %(cause)s, %(now)s)
       on conflict (order_id, cause) do update set fulfil_time = null"""
)
_FULFIL = query("update obligations set fulfil_time = %(now)s where order_id = %(order_id)s and cause = %(cause)s")
_REOPEN = query("update obligations set fulfil_time = null where order_id = %(order_id)s returning cause")


class PostgresObligations:
    """The port ``Obligations``."""

    def __init__(self, database: Database, tasks: Tasks, clock: Clock) -> None:
        self._database = database
        self._tasks = tasks
        self._clock = clock

    async def add(self, order_id: str, cause: Cause) -> None:
        """One row for an order and cause; a second fact of the same kind has it looked at again."""
        async with self._database.transaction() as tx:
            await tx.execute(_ADD, order_id=ids.uuid_of(order_id), cause=cause, now=self._clock())
            await self._tasks.add(tx, TaskKind.GIVE_BACK, task_key(order_id, cause))

    async def reopen(self, order_id: str, after_seconds: float) -> None:
        """Has every obligation of an order looked at again."""
        due = self._clock() + timedelta(seconds=after_seconds)
        async with self._database.transaction() as tx:
            for row in await tx.all(_REOPEN, order_id=ids.uuid_of(order_id)):
                await self._tasks.add(tx, TaskKind.GIVE_BACK, task_key(order_id, Cause(row["cause"])), due=due)

    async def fulfil(self, order_id: str, cause: Cause, now: datetime) -> None:
        """Everything has arrived."""
        async with self._database.transaction() as tx:
            await tx.execute(_FULFIL, order_id=ids.uuid_of(order_id), cause=cause, now=now)


def task_key(order_id: str, cause: Cause) -> str:
    """The key of the task that sees to an obligation."""
    return f"{order_id}:{cause}"
