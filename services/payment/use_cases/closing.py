"""Ending the payment of an order, unless it is already paid."""

from enum import StrEnum

from services.chassis.clock import Clock
from services.payment.domain.payment import Payment, State
from services.payment.ports import Payments, ProviderBusy
from services.payment.use_cases.settling import Settler


class CloseOutcome(StrEnum):
    """ALREADY_PAID implies that PaymentSucceeded is in the outbox. PENDING: ask again."""

    CLOSED = "CLOSED"
    ALREADY_PAID = "ALREADY_PAID"
    PENDING = "PENDING"


class ClosePayment:
    """Refuses new attempts first, then ends those that there are."""

    def __init__(self, payments: Payments, settler: Settler, clock: Clock) -> None:
        self._payments = payments
        self._settler = settler
        self._clock = clock

    async def close(self, order_id: str) -> CloseOutcome:
        """How it ended. An order without a payment is closed for ever. ProviderAway."""
        payment = await self._payments.close(order_id, self._clock())
        if payment is None:
            return CloseOutcome.CLOSED
        if not payment.state.is_final:
            try:
                payment = await self._settler.end(payment)
            except ProviderBusy:
                return CloseOutcome.PENDING
        return _outcome(payment)

    async def end_attempts(self, payment_id: str) -> None:
        """Ends what could still bring money to a payment that has its end."""
        payment = await self._payments.get(payment_id)
        if payment and payment.open_attempts:
            await self._settler.end(payment)


def _outcome(payment: Payment) -> CloseOutcome:
    endings = {State.CLOSED: CloseOutcome.CLOSED, State.SUCCEEDED: CloseOutcome.ALREADY_PAID}
    return endings.get(payment.state, CloseOutcome.PENDING)
