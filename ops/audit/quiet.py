"""Waiting for a shop to come to rest: for suites, where nobody buys any more."""

import asyncio
import time
from datetime import timedelta

from ops.audit.auditing import Say
from ops.audit.grants import READABLE
from ops.audit.stores import Stores
from services.chassis.database import query

ASK_EVERY_S = 0.25
# Periodic tasks have no key. A task that failed waits for its next attempt; one that is due later is a timer.
_TASKS = query(
    """select count(*) as waiting from tasks where key <> '' and (lease_id is not null or due_time <= now() or attempts > 0)"""
)
_OUTBOX = query("select count(*) as waiting from outbox where publish_time is null")


async def wait(stores: Stores, limit: timedelta, say: Say) -> bool:
    """Whether every task is done and every event published, within `limit`."""
    deadline = time.monotonic() + limit.total_seconds()
    while busy := await _busy(stores):
        if time.monotonic() > deadline:
            say(f"no rest after {limit.total_seconds():g} s: {busy}")
            return False
        say(f"waiting for {busy}")
        await asyncio.sleep(ASK_EVERY_S)
    return True


async def _busy(stores: Stores) -> str:
    """What still moves; empty where nothing does."""
    counts = {}
    for service, tables in READABLE.items():
        for what, statement in (("tasks", _TASKS), ("outbox", _OUTBOX)):
            if what in tables:
                (row,) = await stores.all(service, statement)
                counts[f"{service}'s {what}"] = row["waiting"]
    return ", ".join(f"{what} ({count})" for what, count in counts.items() if count)
