"""Whether this process is going away, so that streams end by themselves and their clients resume elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from services.chassis.errors import Unavailable

T = TypeVar("T")


class Draining:
    """Set once, when the process begins to stop."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begin(self) -> None:
        self._begun.set()

    async def cut(self, stream: AsyncGenerator[T, None]) -> AsyncIterator[T]:
        """The stream, ended by Unavailable when the process begins to stop."""
        stop = asyncio.ensure_future(self._begun.wait())
        item: asyncio.Future[T] | None = None
        try:
            while True:
                item = asyncio.ensure_future(anext(stream))
                await asyncio.wait({item, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not item.done():
                    raise Unavailable("the service restarts: resume the stream", reason="RESTARTING", retry_after=0.5)
                try:
                    value = item.result()
                except StopAsyncIteration:
                    return
                yield value
        finally:
            stop.cancel()
            if item is not None:
                item.cancel()
                await asyncio.gather(item, return_exceptions=True)  # takes an error that nobody waits for any more
            await stream.aclose()
