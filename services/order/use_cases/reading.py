"""Reading, watching, listing and canceling orders."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime

from services.chassis.errors import NotFound
from services.order.domain import saga
from services.order.domain.order import SETTLED, OrderView, State
from services.order.ports import OrderLists, OrderRecord, Orders, PageKey


class Reading:
    """What customers and staff do with an order that exists."""

    def __init__(
        self,
        orders: Orders,
        lists: OrderLists,
        clock: Callable[[], datetime],
        *,
        poll_seconds: float,
        ping_seconds: float,
    ) -> None:
        self._orders = orders
        self._lists = lists
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._ping_seconds = ping_seconds

    async def get(self, order_id: str) -> OrderRecord:
        """The order as it is now; NotFound."""
        record = await self._orders.get(order_id)
        if record is None:
            raise NotFound("order", order_id)
        return record

    async def page(
        self, user_id: str, states: Sequence[State], after: PageKey | None, count: int
    ) -> Sequence[OrderView]:
        """A user's orders, newest first; Unavailable where the copies are away or being rebuilt."""
        return await self._lists.page(user_id, states, after, count)

    async def cancel(self, order_id: str, cause: str, reason: str) -> OrderView:
        """Calls the order off, at once or when its payment is closed; FailedPrecondition ORDER_NOT_CANCELABLE."""
        happened = saga.CancelAsked(self._clock(), reason)
        await self._orders.update(order_id, cause, lambda order: saga.decide(order, happened))
        return (await self.get(order_id)).view

    async def watch(self, order_id: str, after_version: int) -> AsyncGenerator[OrderView | None, None]:
        """The order after each change behind `after_version`, until it settles; None after each silence of a ping's length."""
        seen = after_version
        spoke = time.monotonic()
        while True:
            head = await self._orders.head(order_id)
            if head is None:
                raise NotFound("order", order_id)
            if head.version > seen:
                view = (await self.get(order_id)).view
                seen, spoke = view.version, time.monotonic()
                yield view
                if view.state in SETTLED:
                    return
            elif head.state in SETTLED:
                return
            elif time.monotonic() - spoke >= self._ping_seconds:
                spoke = time.monotonic()
                yield None
            await asyncio.sleep(self._poll_seconds)
