"""Auth's periodic tasks."""

from services.auth.use_cases.access_tokens import AccessTokens
from services.auth.use_cases.log_ins import LogIns
from services.chassis.tasks import Handler, Task


def purge(log_ins: LogIns, tokens: AccessTokens) -> Handler:
    """Forgets ended sessions, old failed log-ins and retired keys."""

    async def handle(_: Task) -> None:
        await log_ins.purge()
        await tokens.purge()

    return handle
