"""Payment's tasks."""

from services.chassis.tasks import Handler, Task
from services.payment.domain.payment import Cause
from services.payment.ports import TaskKind
from services.payment.use_cases.closing import ClosePayment
from services.payment.use_cases.notices import HandleNotices
from services.payment.use_cases.reconciling import Reconciling
from services.payment.use_cases.refunding import Refunding

RECONCILE, PURGE_NOTICES = "reconcile", "purge-notices"


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

    async def reconcile(_: Task) -> None:
        await reconciling.run()

    async def purge_notices(_: Task) -> None:
        await notices.purge()

    return {
        TaskKind.HANDLE_NOTICE: handle_notice,
        TaskKind.GIVE_BACK: give_back,
        TaskKind.END_ATTEMPTS: end_attempts,
        TaskKind.SETTLE: settle,
        RECONCILE: reconcile,
        PURGE_NOTICES: purge_notices,
    }
