"""The reconciler: finds what no notice told, on either side."""

from datetime import timedelta

from services.chassis.clock import Clock
from services.payment.domain.payment import State
from services.payment.domain.settlement import Phase, Standing
from services.payment.ports import Alarms, Payments, Provider, UnknownCaptures
from services.payment.use_cases.settling import Settler

QUIET = timedelta(minutes=2)
"""A payment that changed so lately is left to its notices."""


class Reconciling:
    """Compares our open payments with Stripe, and Stripe's list with our payments."""

    def __init__(
        self,
        payments: Payments,
        captures: UnknownCaptures,
        provider: Provider,
        settler: Settler,
        alarms: Alarms,
        clock: Clock,
        window: timedelta,
    ) -> None:
        self._payments = payments
        self._captures = captures
        self._provider = provider
        self._settler = settler
        self._alarms = alarms
        self._clock = clock
        self._window = window

    async def run(self) -> None:
        """One round: leaves a task for each open payment, and looks through Stripe's latest intents. ProviderAway."""
        now = self._clock()
        await self._payments.settle_unfinished(now - QUIET)
        async for standing in self._provider.intents_since(now - self._window):
            if standing.phase is Phase.PAID and standing.payment_id:
                await self._check(standing)

    async def settle(self, payment_id: str) -> None:
        """Settles one payment; one that is CLOSING is closed. ProviderAway."""
        payment = await self._payments.get(payment_id)
        if payment and payment.state is State.OPEN:
            await self._settler.settle(payment)
        if payment and payment.state is State.CLOSING:
            await self._settler.end(payment)

    async def _check(self, standing: Standing) -> None:
        """A capture has to be an attempt of the payment that it names."""
        payment = await self._payments.named(standing.payment_id)
        if payment is None:
            await self._unknown(standing)
        elif payment.attempt_of_intent(standing.intent_id) is None or payment.open_attempts:
            await self._settler.take_in(payment, None, standing.intent_id)

    async def _unknown(self, standing: Standing) -> None:
        if await self._captures.add(standing, self._clock()):
            self._alarms.raise_alarm("UNKNOWN_CAPTURE", intent_id=standing.intent_id, payment_id=standing.payment_id)
