"""Watching for orders that stay where they should not: every order leaves PLACED and PAID in bounded time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from services.order.ports import Alarms, Orders, Stuck


class Gauge(Protocol):
    """A metric that is set."""

    def set(self, amount: float) -> None: ...


class StuckOrders:
    """Measures the oldest paid but unconfirmed order and the one longest overdue unpaid; raises an alarm for each."""

    def __init__(
        self,
        orders: Orders,
        paid_unconfirmed: Gauge,
        overdue_unpaid: Gauge,
        alarms: Alarms,
        alarm_after: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._orders = orders
        self._paid_unconfirmed = paid_unconfirmed
        self._overdue_unpaid = overdue_unpaid
        self._alarms = alarms
        self._alarm_after = alarm_after
        self._clock = clock
        self._told: dict[str, str] = {}

    async def look(self) -> None:
        """Sets the metrics in seconds; raises the alarm of each kind once for the order that is stuck longest."""
        now = self._clock()
        paid, overdue = await self._orders.oldest_paid(), await self._orders.oldest_overdue(now)
        self._paid_unconfirmed.set(_age(paid, now))
        self._overdue_unpaid.set(_age(overdue, now))
        self._tell("PAID_UNCONFIRMED", paid, now)
        self._tell("OVERDUE_UNPAID", overdue, now)

    def _tell(self, kind: str, stuck: Stuck | None, now: datetime) -> None:
        if stuck is None or now - stuck.since <= self._alarm_after or self._told.get(kind) == stuck.order_id:
            return
        self._told[kind] = stuck.order_id
        self._alarms.raise_alarm(kind, order_id=stuck.order_id, since=stuck.since.isoformat())


def _age(stuck: Stuck | None, now: datetime) -> float:
    return (now - stuck.since).total_seconds() if stuck else 0.0
