"""Parts of a process that run for the length of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

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
    """Cancels them until they have ended, as a service does: in Python 3.11 a pool of connections may lose it."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # what they ended with is looked at by nobody else
