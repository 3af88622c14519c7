"""The reconciler: finds what no notice told.

It asks how our unfinished payments stand, and reads Stripe's own list of events, in which nothing is lost.
"""

from datetime import datetime, timedelta

from services.chassis.clock import Clock
from services.payment.domain.payment import State
from services.payment.domain.sweeping import Sweep
from services.payment.ports import Alarms, Payments, Provider, ProviderRefusal, Sweeps
from services.payment.use_cases.notices import HandleNotices
from services.payment.use_cases.settling import Settler

QUIET = timedelta(minutes=2)
"""A payment that changed so lately is left to its notices."""


class Reconciling:
    """Each method is one task's run; what is left is found by the next."""

    def __init__(
        self,
        payments: Payments,
        sweeps: Sweeps,
        provider: Provider,
        notices: HandleNotices,
        settler: Settler,
        alarms: Alarms,
        clock: Clock,
        first_window: timedelta,
    ) -> None:
        self._payments = payments
        self._sweeps = sweeps
        self._provider = provider
        self._notices = notices
        self._settler = settler
        self._alarms = alarms
        self._clock = clock
        self._first_window = first_window

    async def settle_unfinished(self) -> None:
        """Leaves a task for each payment that is OPEN or CLOSING."""
        await self._payments.settle_unfinished(self._clock() - QUIET)

    async def settle(self, payment_id: str) -> None:
        """Settles one payment; one that is CLOSING is closed. ProviderAway."""
        payment = await self._payments.get(payment_id)
        if payment and payment.state is State.OPEN:
            await self._settler.settle(payment)
        if payment and payment.state is State.CLOSING:
            await self._settler.end(payment)

    async def sweep(self) -> bool:
        """Takes one page of Stripe's events as if it had come by the webhook; whether there are more. ProviderAway."""
        sweep = await self._under_way(self._clock())
        try:
            page = await self._provider.events(sweep.since, sweep.after)
        except ProviderRefusal as refusal:
            if not sweep.after or refusal.code != "resource_missing":
                raise
            # The event that we stopped at is gone from the list.
            await self._sweeps.save(sweep.anew())
            return True
        await self._notices.take(page.events)
        await self._sweeps.save(sweep.read(page.last_id) if page.has_more else sweep.done())
        return page.has_more

    async def _under_way(self, now: datetime) -> Sweep:
        known = await self._sweeps.get()
        if known and known.begin_time is None and known.misses_something(now):
            self._alarms.raise_alarm("EVENTS_MISSED", since=known.read_until.isoformat())
        return (known or Sweep(now - self._first_window)).begun(now)
