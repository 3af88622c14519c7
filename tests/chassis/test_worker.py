"""Tasks run once their transaction is committed, again when they fail, and elsewhere when their worker dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.chassis import tasks as chassis_tasks
from services.chassis.database import Database, query
from services.chassis.tasks import Again, Handler, Task, Tasks
from services.chassis.worker import Worker, pause
from tests.chassis.conftest import Effects
from tests.parts import running
from tests.waiting import until

pytestmark = pytest.mark.stack
EXPIRE_LEASES = query("update tasks set due_time = now() where kind = %(kind)s")
SHORT_LEASE = timedelta(seconds=8)
"""Longer than a database on a busy machine lets anybody wait."""
COUNT = query("select count(*) as n from tasks where kind = %(kind)s")


@asynccontextmanager
async def working(database: Database, handlers: dict[str, Handler]) -> AsyncIterator[Worker]:
    worker = Worker(database, handlers)
    async with running(worker):
        yield worker


async def add(database: Database, kind: str, key: str = "k", due: datetime | None = None) -> None:
    async with database.transaction() as tx:
        await Tasks().add(tx, kind, key, {"n": 1}, due=due)


async def until_gone(database: Database, kind: str) -> None:
    async def gone() -> bool:
        return not await left(database, kind)

    await until(gone, f"{kind} to be done")


async def left(database: Database, kind: str) -> int:
    async with database.reader() as tx:
        row = await tx.one(COUNT, kind=kind)
    assert row is not None
    return int(row["n"])


def recorder(effects: Effects) -> Callable[[Task], "asyncio.Future[None]"]:
    async def handle(task: Task) -> None:
        await effects.add(f"{task.kind}:{task.key}")

    return handle  # type: ignore[return-value]


async def test_a_task_of_a_transaction_that_is_undone_never_runs(database: Database, effects: Effects) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await Tasks().add(tx, "undone", "k")
            raise RuntimeError
    assert await left(database, "undone") == 0


async def test_a_due_task_runs_and_goes(database: Database, effects: Effects) -> None:
    async with working(database, {"due": recorder(effects)}):
        await add(database, "due")
        await until_gone(database, "due")
    assert await effects.count("due:k") == 1


async def test_a_failing_task_is_tried_again(database: Database, effects: Effects) -> None:
    attempts: list[int] = []

    async def handle(task: Task) -> None:
        attempts.append(task.attempts)
        if task.attempts < 2:
            raise RuntimeError("not yet")

    async with working(database, {"failing": handle}):
        await add(database, "failing")
        await until_gone(database, "failing")
    assert attempts == [0, 1, 2]


async def test_a_task_that_failed_waits_for_its_pause(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.worker.pause", lambda attempts, outage: 3600.0 * attempts)
    begun = datetime.now(UTC)

    async def fail(task: Task) -> None:
        raise RuntimeError("not yet")

    async def failed() -> bool:
        return [row["attempts"] for row in await chassis_tasks.waiting(database, "pausing")] != [0]

    async with working(database, {"pausing": fail}):
        await add(database, "pausing")
        await until(failed, "the task to have failed")
    [row] = await chassis_tasks.waiting(database, "pausing")
    assert row["attempts"] == 1
    assert row["due_time"] >= begun + timedelta(hours=1)


async def test_the_same_task_added_again_is_one_and_due_at_the_earliest_time(database: Database) -> None:
    soon, late = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, 2))
    for due in (late, soon, late):
        await add(database, "twice", due=due)
    assert [row["due_time"] for row in await chassis_tasks.waiting(database, "twice")] == [soon]


async def test_a_task_that_asks_again_is_no_failure(database: Database) -> None:
    attempts: list[int] = []

    async def handle(task: Task) -> None:
        attempts.append(task.attempts)
        if len(attempts) < 3:
            raise Again(0.01)

    async with working(database, {"again": handle}):
        await add(database, "again")
        await until_gone(database, "again")
    assert attempts == [0, 0, 0]


async def test_a_fact_that_arrives_while_its_task_runs_makes_it_run_once_more(database: Database) -> None:
    runs, begun, go = 0, asyncio.Event(), asyncio.Event()

    async def handle(task: Task) -> None:
        nonlocal runs
        runs += 1
        begun.set()
        await go.wait()

    async with working(database, {"rearmed": handle}):
        await add(database, "rearmed")
        await begun.wait()
        await add(database, "rearmed")
        go.set()
        await until_gone(database, "rearmed")
    assert runs == 2


async def test_a_dead_workers_task_is_taken_over_when_its_lease_ends(database: Database, effects: Effects) -> None:
    begun = asyncio.Event()

    async def hang(task: Task) -> None:
        begun.set()
        await asyncio.Event().wait()

    dead = Worker(database, {"orphan": hang})
    rows = []
    await add(database, "orphan")
    rows = await dead._lease(10)
    assert [row["kind"] for row, _ in rows] == ["orphan"]
    async with working(database, {"orphan": recorder(effects)}):
        async with database.transaction() as tx:
            await tx.execute(EXPIRE_LEASES, kind="orphan")
        await until_gone(database, "orphan")
    assert await effects.count("orphan:k") == 1


async def test_a_lease_ends_by_itself(database: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    await add(database, "left-alone")
    with monkeypatch.context() as short:
        short.setattr("services.chassis.worker.LEASE", timedelta(seconds=0.1))
        assert len(await Worker(database, {"left-alone": recorder(effects)})._lease(10)) == 1
    async with working(database, {"left-alone": recorder(effects)}):
        await until_gone(database, "left-alone")
    assert await effects.count("left-alone:k") == 1


async def test_a_task_that_somebody_is_changing_holds_up_no_other(database: Database, effects: Effects) -> None:
    async def ran() -> bool:
        return await effects.count("held:1") == 1

    await add(database, "held", "0")
    await add(database, "held", "1")
    async with database.transaction() as tx:
        await Tasks().add(tx, "held", "0")
        async with working(database, {"held": recorder(effects)}):
            await until(ran, "the other task to be done")


async def test_two_workers_never_run_a_task_twice(database: Database, effects: Effects) -> None:
    for n in range(50):
        await add(database, "shared", str(n))
    async with working(database, {"shared": recorder(effects)}), working(database, {"shared": recorder(effects)}):
        await until_gone(database, "shared")
    assert [await effects.count(f"shared:{n}") for n in range(50)] == [1] * 50


async def test_a_later_task_waits_and_can_be_made_due(database: Database, effects: Effects) -> None:
    await add(database, "later", due=datetime.now(UTC) + timedelta(hours=1))
    async with working(database, {"later": recorder(effects)}):
        waiting = await chassis_tasks.waiting(database, "later")
        assert [row["attempts"] for row in waiting] == [0]
        assert await chassis_tasks.retry(database, "later", "k") == 1
        await until_gone(database, "later")
    assert await effects.count("later:k") == 1


def test_pauses_grow_and_are_bounded() -> None:
    assert pause(1) < pause(6) < pause(60) <= 300


def test_a_task_that_has_failed_for_days_still_has_a_pause() -> None:
    assert 150 <= pause(5000) <= 300


async def test_a_stopping_worker_lets_what_runs_come_to_its_end(database: Database, effects: Effects) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def handle(task: Task) -> None:
        begun.set()
        await go.wait()
        await effects.add("stopping")

    async with running(Worker(database, {"stopping": handle})):
        await add(database, "stopping")
        await begun.wait()
        go.set()  # the worker is cancelled before the handler hears of it
    assert await effects.count("stopping") == 1
    assert await left(database, "stopping") == 0


async def test_a_stopping_worker_gives_back_what_does_not_end(
    database: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.worker.STOP_SECONDS", 0.1)
    begun = asyncio.Event()

    async def hang(task: Task) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with running(Worker(database, {"hanging": hang})):
        await add(database, "hanging")
        await begun.wait()
    async with working(database, {"hanging": recorder(effects)}):
        await until_gone(database, "hanging")
    assert await effects.count("hanging:k") == 1


async def test_a_task_that_outlasts_its_lease_stays_its_workers(
    database: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.worker.LEASE", SHORT_LEASE)
    monkeypatch.setattr("services.chassis.worker.RENEW_SECONDS", 0.1)
    runs = 0

    async def slow(task: Task) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.5 * SHORT_LEASE.total_seconds())

    async with working(database, {"slow": slow}), working(database, {"slow": slow}):
        await add(database, "slow")
        await until_gone(database, "slow")
    assert runs == 1


async def test_a_task_that_takes_too_long_fails_and_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.worker.HANDLER_SECONDS", 0.1)
    attempts: list[int] = []

    async def handle(task: Task) -> None:
        attempts.append(task.attempts)
        if not task.attempts:
            await asyncio.Event().wait()

    async with working(database, {"too-slow": handle}):
        await add(database, "too-slow")
        await until_gone(database, "too-slow")
    assert attempts == [0, 1]


def test_an_outage_is_asked_about_again_soon_after_it_is_over() -> None:
    assert pause(60, outage=True) <= 30
