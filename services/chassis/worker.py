"""The worker: leases due tasks and runs their handlers."""

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from services.chassis import ids, telemetry
from services.chassis.database import Database, Row, query
from services.chassis.outages import is_outage
from services.chassis.tasks import Again, Handler, Task
from services.chassis.wakeups import wait, wake

log = structlog.get_logger()
LEASE = timedelta(seconds=20)
"""How long a task of a killed worker waits for the next one."""
POLL_SECONDS = 0.5
ALARM_ATTEMPTS = 8
LONGEST_PAUSE = 300.0

# A lease is a due time in the future under the leaser's id: whoever dies with it is followed when that time comes.
_LEASE = query(
    """update tasks set lease_id = %(lease_id)s, due_time = now() + %(lease)s
       where (kind, key) in (
           select kind, key from tasks where due_time <= now() and kind = any(%(kinds)s)
           order by due_time limit %(count)s for update skip locked)
       returning kind, key, payload, traceparent, attempts, revision"""
)
_MINE = "kind = %(kind)s and key = %(key)s and lease_id = %(lease_id)s"
_FINISH = query(f"delete from tasks where {_MINE} and revision = %(revision)s")
_REARM = query(f"update tasks set lease_id = null, due_time = now() where {_MINE}")
_POSTPONE = query(
    f"""update tasks set lease_id = null, attempts = %(attempts)s, last_error = %(error)s,
        due_time = case when revision = %(revision)s then now() + %(after)s else now() end where {_MINE}"""
)
_PERIODIC = query(
    """insert into tasks (kind, key, payload, traceparent, due_time) values (%(kind)s, '', '{}', '', now())
       on conflict do nothing"""
)
_OLDEST = query("select extract(epoch from now() - min(due_time))::float8 as age from tasks where lease_id is null")


class Worker:
    """Runs ``handlers`` by task kind; those in ``periodic`` again and again, so far apart."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        periodic: Mapping[str, timedelta] | None = None,
        concurrency: int = 8,
    ) -> None:
        self.database = database
        self._handlers = dict(handlers)
        self._periodic = dict(periodic or {})
        self._concurrency = concurrency
        self._running: set[asyncio.Task[None]] = set()
        self._seeded = False
        meter = telemetry.meter()
        self._failures = meter.create_counter("shopmesh_task_failures", description="Task attempts that failed.")
        self._alarms = meter.create_counter("shopmesh_task_alarms", description="Tasks that keep failing.")
        self._oldest = meter.create_gauge(
            "shopmesh_task_age_seconds", description="Age of the oldest task that is due."
        )

    async def run(self) -> None:
        """Runs until cancelled; tasks that are running then are given back and due at once."""
        try:
            while True:
                if not await self._round():
                    await wait("worker", POLL_SECONDS)
        finally:
            for running in self._running:
                running.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _round(self) -> bool:
        """Leases what there is room for; whether there was anything."""
        room = self._concurrency - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        try:
            rows = await self._lease(room)
        except Exception as error:  # a part of the process: it must outlive its database
            if not is_outage(error):
                log.exception("worker_failed")
            return False
        for row, lease_id in rows:
            running = asyncio.create_task(self._run(row, lease_id))
            self._running.add(running)
            running.add_done_callback(self._done)
        return bool(rows)

    def _done(self, finished: asyncio.Task[None]) -> None:
        self._running.discard(finished)
        wake("worker")

    async def _lease(self, room: int) -> list[tuple[Row, UUID]]:
        lease_id = ids.random_uuid()
        async with self.database.transaction() as tx:
            if not self._seeded:
                for kind in self._periodic:
                    await tx.execute(_PERIODIC, kind=kind)
                tx.after_commit(self._remember_seeding)
            rows = await tx.all(_LEASE, lease_id=lease_id, lease=LEASE, kinds=list(self._handlers), count=room)
            oldest = await tx.one(_OLDEST)
        self._oldest.set(max(0.0, (oldest or {}).get("age") or 0.0))
        return [(row, lease_id) for row in rows]

    def _remember_seeding(self) -> None:
        self._seeded = True

    async def _run(self, row: Row, lease_id: UUID) -> None:
        task = Task(row["kind"], row["key"], row["payload"], row["attempts"], row["traceparent"])
        mine = {"kind": task.kind, "key": task.key, "lease_id": lease_id, "revision": row["revision"]}
        with telemetry.span(f"task {task.kind}", parent=task.traceparent, attributes={"shopmesh.task.key": task.key}):
            try:
                async with asyncio.timeout(LEASE.total_seconds() - 2):
                    await self._handlers[task.kind](task)
                await self._finish(task, mine)
            except asyncio.CancelledError:
                await asyncio.shield(self._postpone(mine, task.attempts, 0, "the worker stopped"))
                raise
            except Again as again:
                await self._postpone(mine, task.attempts, again.after, "")
            except Exception as error:  # whatever it was, the task stays and is retried
                await self._fail(task, mine, error)

    async def _finish(self, task: Task, mine: dict[str, Any]) -> None:
        if task.kind in self._periodic:
            await self._postpone(mine, 0, self._periodic[task.kind].total_seconds(), "")
            return
        async with self.database.transaction() as tx:
            if not await tx.execute(_FINISH, **mine):
                await tx.execute(_REARM, **{name: mine[name] for name in ("kind", "key", "lease_id")})

    async def _fail(self, task: Task, mine: dict[str, Any], error: Exception) -> None:
        attempts = task.attempts + 1
        self._failures.add(1, {"kind": task.kind})
        alarm = attempts >= ALARM_ATTEMPTS
        if alarm:
            self._alarms.add(1, {"kind": task.kind})
        say = log.error if alarm else log.warning
        say("task_failed", kind=task.kind, key=task.key, attempts=attempts, error=repr(error), alarm=alarm)
        await self._postpone(mine, attempts, pause(attempts), repr(error)[:500])

    async def _postpone(self, mine: dict[str, Any], attempts: int, after: float, error: str) -> None:
        try:
            async with self.database.transaction() as tx:
                await tx.execute(_POSTPONE, attempts=attempts, after=timedelta(seconds=after), error=error, **mine)
        except Exception as problem:  # the lease runs out by itself, then the task is due again
            log.warning("task_not_postponed", kind=mine["kind"], key=mine["key"], error=repr(problem))


def pause(attempts: int) -> float:
    """Seconds before the next attempt: growing, bounded, and spread so that many do not return at once."""
    return min(LONGEST_PAUSE, 0.25 * 2.0**attempts) * random.uniform(0.5, 1.0)
