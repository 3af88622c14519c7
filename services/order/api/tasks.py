"""Tasks as inputs of the use cases; a task's key is the order's id, and its name the cause of what it appends."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from services.chassis.requests import KEPT
from services.chassis.tasks import Handler, Task
from services.order.domain.saga import TaskKind
from services.order.ports import Placements
from services.order.use_cases.saga import Saga

PURGE_PLACEMENTS = "purge-placements"
PERIODIC = {PURGE_PLACEMENTS: timedelta(hours=1)}


def handlers(saga: Saga, placements: Placements, clock: Callable[[], datetime]) -> Mapping[str, Handler]:
    """By kind."""

    async def purge(_: Task) -> None:
        await placements.purge(clock() - KEPT)

    return {
        TaskKind.ABANDON: _by_order(saga.abandon),
        TaskKind.DEADLINE: _with_cause(saga.close_payment),
        TaskKind.CLOSE_PAYMENT: _with_cause(saga.close_payment),
        TaskKind.SELL_STOCK: _with_cause(saga.sell_stock),
        TaskKind.RELEASE_STOCK: _by_order(saga.release_stock),
        TaskKind.ISSUE_AGAIN: _by_order(saga.issue_again),
        PURGE_PLACEMENTS: purge,
    }


def _by_order(step: Callable[[str], Awaitable[None]]) -> Handler:
    async def handle(task: Task) -> None:
        await step(task.key)

    return handle


def _with_cause(step: Callable[[str, str], Awaitable[None]]) -> Handler:
    async def handle(task: Task) -> None:
        await step(task.key, f"task:{task.kind}:{task.key}")

    return handle
