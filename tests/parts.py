"""Parts of a process that run for the length of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.chassis.service import CANCELLATIONS

CANCEL_AGAIN_S = 8.0
"""Longer than a worker waits for its tasks when it is stopped."""


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    """Runs parts of a process while the block lasts."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        await end(*tasks)


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancels them as often as a service does, and no more: in Python 3.11 a pool of connections may lose it once."""
    left = set(tasks)
    for _ in range(CANCELLATIONS):
        for task in left:
            task.cancel()
        await asyncio.wait(tasks, timeout=CANCEL_AGAIN_S)
        left = {task for task in tasks if not task.done()}
    assert not left, f"cancelled {CANCELLATIONS} times, and goes on: {left}"
    await asyncio.gather(*tasks, return_exceptions=True)  # what they ended with is looked at by nobody else
