"""Waiting for what happens by itself: by asking, until a limit. No test sleeps otherwise."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT_S = 30.0
ASK_EVERY_S = 0.05


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within_s: float = LIMIT_S) -> T:
    """What `look` finds, once it finds something true; AssertionError naming what was awaited after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still waiting for {what} after {within_s:.0f} s; found {found!r}"
        await asyncio.sleep(ASK_EVERY_S)


async def until(
    holds: Callable[[], Awaitable[bool] | bool], what: str = "what was awaited", within_s: float = LIMIT_S
) -> None:
    """Returns once the condition holds; else like `eventually`."""

    async def look() -> bool:
        answer = holds()
        return answer if isinstance(answer, bool) else await answer

    await eventually(look, what, within_s)
