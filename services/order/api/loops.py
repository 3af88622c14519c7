"""Work that every process of the consumer part does again and again for itself."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.chassis.outages import is_outage

log = structlog.get_logger()


class Loop:
    """A part of the process: does `work` every `seconds` until cancelled, and outlives its failures."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._away = False

    async def run(self) -> None:
        while True:
            await self._once()
            await asyncio.sleep(self._seconds)

    async def _once(self) -> None:
        try:
            await self._work()
            self._away = False
        except Exception as error:  # a part of the process: it must outlive what it works on
            if not is_outage(error):
                log.exception("loop_failed", loop=self._name)
            elif not self._away:
                log.warning("loop_waits", loop=self._name, error=repr(error))
                self._away = True
