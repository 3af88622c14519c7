"""Blocking calls in threads, which cancellation cannot stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs ``call`` in a thread. Where the caller is cancelled, however often, it waits for the thread first: nobody may
    close a Kafka client, or take its lease back, while the thread still uses it."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})  # unlike gather, it leaves what it waits for alone
        running.exception()  # nobody is told of it any more
        raise
    finally:
        del running  # its error leads here again: what the call was given would live until the collector comes by
