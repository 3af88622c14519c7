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
LEASE = timedelta(seconds=6)
"""How long a task of a killed worker waits for the next one. A living worker renews its leases."""
RENEW_SECONDS = 2.0
HANDLER_SECONDS = 18.0
STOP_SECONDS = 5.0
"""How long a stopping worker waits for what runs: a handler cut between a provider's yes and our record would do it again."""
POLL_SECONDS = 0.5
ALARM_ATTEMPTS = 8
LONGEST_PAUSE = 300.0
LONGEST_PAUSE_IN_OUTAGE = 30.0

# A lease is a due time in the future under the leaser's id: whoever dies with it is followed when that time comes.
_LEASE = query(
    """with due as materialized (
           select kind, key from tasks where due_time <= now() and kind = any(%(kinds)s)
           order by due_time limit %(count)s for update skip locked)
       update tasks set lease_id = %(lease_id)s, due_time = now() + %(lease)s
       from due where tasks.kind = due.kind and tasks.key = due.key
       returning tasks.kind, tasks.key, payload, traceparent, attempts, revision"""
)
_RENEW = query(
    """update tasks set due_time = now() + %(lease)s
       from unnest(%(kinds)s::text[], %(keys)s::text[], %(lease_ids)s::uuid[]) as mine (kind, key, lease_id)
       where tasks.kind = mine.kind and tasks.key = mine.key and tasks.lease_id = mine.lease_id"""
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
        self._running: dict[asyncio.Task[None], dict[str, Any]] = {}
        self._seeded = False
        meter = telemetry.meter()
        self._failures = meter.create_counter("shopmesh_task_failures", description="Task attempts that failed.")
        self._alarms = meter.create_counter("shopmesh_task_alarms", description="Tasks that keep failing.")
        self._oldest = meter.create_gauge(
            "shopmesh_task_age_seconds", description="Age of the oldest task that is due."
        )

    async def run(self) -> None:
        """Runs until cancelled; tasks that are running then may end, or else are given back and due at once."""
        renewing = asyncio.create_task(self._keep_leases())
        try:
            while True:
                if not await self._round():
                    await wait("worker", POLL_SECONDS)
        finally:
            await self._stop()
            renewing.cancel()

    async def _stop(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep_leases(self) -> None:
        """Renews the leases of what runs, so that they may be short."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._running:
                try:
                    await self._renew()
                except Exception as error:  # a part of the process: it must outlive its database
                    log.warning("leases_not_renewed", error=repr(error))

    async def _renew(self) -> None:
        mine = list(self._running.values())
        leases = {f"{name}s": [each[name] for each in mine] for name in ("kind", "key", "lease_id")}
        async with self.database.transaction() as tx:
            await tx.execute(_RENEW, lease=LEASE, **leases)

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
            mine = {"kind": row["kind"], "key": row["key"], "lease_id": lease_id, "revision": row["revision"]}
            running = asyncio.create_task(self._run(row, mine))
            self._running[running] = mine
            running.add_done_callback(self._done)
        return bool(rows)

    def _done(self, finished: asyncio.Task[None]) -> None:
        del self._running[finished]
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

    async def _run(self, row: Row, mine: dict[str, Any]) -> None:
        task = Task(row["kind"], row["key"], row["payload"], row["attempts"], row["traceparent"])
        key = {"shopmesh.task.key": task.key}
        with telemetry.span(f"task {task.kind}", parent=task.traceparent, attributes=key) as span:
            try:
                async with asyncio.timeout(HANDLER_SECONDS):
                    await self._handlers[task.kind](task)
                await self._finish(task, mine)
            except asyncio.CancelledError:
                await asyncio.shield(self._postpone(mine, task.attempts, 0, "the worker stopped"))
                raise
            except Again as again:
                await self._postpone(mine, task.attempts, again.after, "")
            except Exception as error:  # whatever it was, the task stays and is retried
                telemetry.mark_failed(span, error)
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
        await self._postpone(mine, attempts, pause(attempts, is_outage(error)), repr(error)[:500])

    async def _postpone(self, mine: dict[str, Any], attempts: int, after: float, error: str) -> None:
        try:
            async with self.database.transaction() as tx:
                await tx.execute(_POSTPONE, attempts=attempts, after=timedelta(seconds=after), error=error, **mine)
        except Exception as problem:  # the lease runs out by itself, then the task is due again
            log.warning("task_not_postponed", kind=mine["kind"], key=mine["key"], error=repr(problem))


def pause(attempts: int, outage: bool = False) -> float:
    """Seconds before the next attempt: growing, bounded, and spread so that many do not return at once.

    An outage is asked about more often: when it is over, what waited must not wait much longer.
    """
    longest = LONGEST_PAUSE_IN_OUTAGE if outage else LONGEST_PAUSE
    return min(longest, 0.25 * 2.0 ** min(attempts, 20)) * random.uniform(0.5, 1.0)
