"""The audit of the shop that a suite has used."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from deploy.local import databases
from deploy.local.environment import PREFIX, audit_environment
from deploy.local.stack import Stack
from ops.audit.auditing import Patience, Result
from ops.audit.check import Check
from ops.audit.checks import CHECKS
from ops.audit.cli import run, silent
from ops.audit.report import as_table, exit_code
from ops.audit.settings import AuditSettings

AT_ONCE = Patience(age=timedelta(0), pause=timedelta(0), looks=1)
REST_S = 60.0
UNTIL_IT_IS_CLEAN = Patience(age=timedelta(0), pause=timedelta(seconds=1), looks=60)
"""Notices of Stripe, the lists and copies may still be on their way when every task is done."""


def settings(stack: Stack, **changes: str) -> AuditSettings:
    """The audit's settings for a stack, whose databases admit it from now on."""
    databases.admit_audit(stack.installation)
    given = {name.removeprefix(PREFIX).lower(): value for name, value in audit_environment(stack.installation).items()}
    return AuditSettings.model_validate({**given, **changes})


async def looked(
    own: AuditSettings, checks: Sequence[Check] = CHECKS, patience: Patience = AT_ONCE, since: datetime | None = None
) -> list[Result]:
    """What an audit finds now."""
    return await run(own, list(checks), patience, since, 0, silent)


async def assert_clean(stack: Stack, since: datetime) -> None:
    """Waits for the shop's rest; then the audit of what began since `since` finds nothing."""
    own = await asyncio.to_thread(settings, stack)
    results = await run(own, list(CHECKS), UNTIL_IT_IS_CLEAN, since, REST_S, silent)
    assert exit_code(results) == 0, f"the audit found:\n{as_table(results)}"


@asynccontextmanager
async def audited(stack: Stack) -> AsyncIterator[None]:
    """Ends with the audit of what began meanwhile. Also where tests failed: what they left in the middle counts."""
    began = datetime.now(UTC)
    yield
    await assert_clean(stack, began)
