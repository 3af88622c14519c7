"""Tasks: every step that follows a commit is a row of that commit, and the worker runs it.

Twice: a task may run again after a crash, so its handler is idempotent by the task's key. A failing task is retried
with growing pauses for ever, because what it stands for (money, stock, a message) must happen; the alarm calls a person.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.chassis import telemetry
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.wakeups import wake


@dataclass(frozen=True, slots=True)
class Task:
    """A step to run: ``key`` says what it is for, ``attempts`` how often it failed."""

    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int = 0
    traceparent: str = ""


Handler = Callable[[Task], Awaitable[None]]


class Again(Exception):
    """Raised by a handler to be asked again in ``after`` seconds, without its being a failure."""

    def __init__(self, after: float) -> None:
        super().__init__(f"again in {after} s")
        self.after = after


# A second add of a waiting task makes it due at the earlier time. One that is being run is armed again, so that a fact
# that arrives after the handler has looked is not lost: the handler runs once more.
_ADD = query(
    """insert into tasks (kind, key, payload, traceparent, due_time)
       values (%(kind)s, %(key)s, %(payload)s, %(traceparent)s, %(due)s)
       on conflict (kind, key) do update set
           revision = tasks.revision + 1,
           payload = excluded.payload,
           due_time = case when tasks.lease_id is null then least(tasks.due_time, excluded.due_time)
                           else tasks.due_time end"""
)


class Tasks:
    """Adds tasks to the transaction that decides on them."""

    async def add(
        self,
        tx: Transaction,
        kind: str,
        key: str,
        payload: dict[str, Any] | None = None,
        *,
        due: datetime | None = None,
    ) -> None:
        """Adds a task, due now or at ``due``; the same kind and key is the same task.

        One that waits becomes due at the earlier time. One that is being run runs once more when it has ended, at once
        also where ``due`` is later: what it does must not depend on the clock.
        """
        await tx.execute(
            _ADD,
            kind=kind,
            key=key,
            payload=payload or {},
            traceparent=telemetry.current_traceparent(),
            due=due or datetime.now(UTC),
        )
        tx.after_commit(lambda: wake("worker"))


_LIST = query("select * from tasks where kind like %(kind)s order by due_time limit %(count)s")
_RETRY = query("update tasks set due_time = now() where kind = %(kind)s and key like %(key)s and lease_id is null")


async def waiting(database: Database, kind: str = "%", count: int = 100) -> list[Row]:
    """Tasks that wait or run, the earliest due first; ``kind`` is a LIKE pattern."""
    async with database.reader() as tx:
        return await tx.all(_LIST, kind=kind, count=count)


async def retry(database: Database, kind: str, key: str) -> int:
    """Makes tasks due now; ``key`` is a LIKE pattern. Returns how many. A running task is left alone."""
    async with database.transaction() as tx:
        return await tx.execute(_RETRY, kind=kind, key=key)
