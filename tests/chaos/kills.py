"""kill -9 of a part of the stack, and customers who go on all the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from tests.e2e.api import Refused
from tests.e2e.shop import Shop
from tests.waiting import eventually

WITHIN_S = 60.0
T = TypeVar("T")
Kill = Callable[[], Awaitable[None]]


@asynccontextmanager
async def killing(shop: Shop, part: str) -> AsyncIterator[Kill]:
    """What kills the part; the supervisor brings it back, and it is ready afterwards."""
    before = shop.stack.pid(part)

    async def kill() -> None:
        await asyncio.to_thread(shop.stack.kill, part)

    async def runs_anew() -> bool:
        return shop.stack.states()[part].pid not in (0, before)

    yield kill
    await eventually(runs_anew, f"the supervisor to bring {part} back")
    await asyncio.to_thread(shop.stack.wait_ready, part)


async def insisting(act: Callable[[], Awaitable[T]], what: str) -> T:
    """What a patient client gets, who repeats the same request while the shop is away for a moment."""

    async def look() -> T | None:
        try:
            return await act()
        except httpx.TransportError:
            return None
        except Refused as refused:
            if refused.status in (502, 503, 504):
                return None
            raise

    return await eventually(look, what, WITHIN_S)


class Moment:
    """The one kill of many purchases: it falls when each has come to its point, and none goes on before it."""

    def __init__(self, purchases: int, kill: Kill) -> None:
        self._all_here, self._over = asyncio.Barrier(purchases), asyncio.Barrier(purchases)
        self._kill = kill

    async def comes(self) -> None:
        """Returns once all are at their points."""
        await self._all_here.wait()

    async def strikes(self) -> None:
        """Kills, for everybody."""
        await self._kill()
        await self._over.wait()

    async def passes(self) -> None:
        """Waits at a point until the kill has fallen."""
        await self.comes()
        await self._over.wait()
