"""Payment's tasks."""

from services.chassis.tasks import Again, Handler, Task
from services.payment.domain.payment import Cause
from services.payment.ports import TaskKind
from services.payment.use_cases.closing import ClosePayment
from services.payment.use_cases.notices import HandleNotices
from services.payment.use_cases.reconciling import Reconciling
from services.payment.use_cases.refunding import Refunding

SETTLE_UNFINISHED, SWEEP_EVENTS, PURGE_NOTICES = "settle-unfinished", "sweep-events", "purge-notices"


def handlers(
    notices: HandleNotices, refunding: Refunding, closing: ClosePayment, reconciling: Reconciling
) -> dict[str, Handler]:
    """Handlers by kind."""

    async def handle_notice(task: Task) -> None:
        await notices.handle(task.key)

    async def give_back(task: Task) -> None:
        order_id, _, cause = task.key.partition(":")
        await refunding.give_back(order_id, Cause(cause))

    async def end_attempts(task: Task) -> None:
        await closing.end_attempts(task.key)

    async def settle(task: Task) -> None:
        await reconciling.settle(task.key)

    async def settle_unfinished(_: Task) -> None:
        await reconciling.settle_unfinished()

    async def sweep_events(_: Task) -> None:
        if await reconciling.sweep():
            raise Again(0)

    async def purge_notices(_: Task) -> None:
        await notices.purge()

    return {
        TaskKind.HANDLE_NOTICE: handle_notice,
        TaskKind.GIVE_BACK: give_back,
        TaskKind.END_ATTEMPTS: end_attempts,
        TaskKind.SETTLE: settle,
        SETTLE_UNFINISHED: settle_unfinished,
        SWEEP_EVENTS: sweep_events,
        PURGE_NOTICES: purge_notices,
    }
