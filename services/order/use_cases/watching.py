"""Watching for orders that stay where they should not: every order leaves PLACED and PAID in bounded time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from services.order.ports import Orders, Stuck

log = structlog.get_logger()


class Gauge(Protocol):
    """A metric that is set."""

    def set(self, amount: float) -> None: ...


class StuckOrders:
    """Measures the oldest paid but unconfirmed order, and raises an alarm for it and for an overdue unpaid one."""

    def __init__(
        self, orders: Orders, paid_unconfirmed: Gauge, alarm_after: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._orders = orders
        self._paid_unconfirmed = paid_unconfirmed
        self._alarm_after = alarm_after
        self._clock = clock

    async def look(self) -> None:
        """Sets the metric in seconds and logs a warning for each kind of order that is stuck."""
        now = self._clock()
        paid = await self._orders.oldest_paid()
        self._paid_unconfirmed.set((now - paid.since).total_seconds() if paid else 0.0)
        overdue = await self._orders.oldest_overdue(now - self._alarm_after)
        self._alarm("order.paid_unconfirmed", paid, now)
        self._alarm("order.overdue_unpaid", overdue, now)

    def _alarm(self, name: str, stuck: Stuck | None, now: datetime) -> None:
        if stuck is not None and now - stuck.since > self._alarm_after:
            log.warning(name, order_id=stuck.order_id, seconds=(now - stuck.since).total_seconds())
