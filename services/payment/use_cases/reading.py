"""Payments as their owners see them."""

from dataclasses import dataclass

from services.payment.domain.payment import Flow, Payment
from services.payment.ports import Payments, Provider
from services.payment.use_cases.settling import Settler


@dataclass(frozen=True, slots=True)
class PayablePayment:
    """A payment with the secret by which a browser may pay it; empty unless it is EMBEDDED and can be paid."""

    payment: Payment
    client_secret: str = ""


class PaymentReader:
    """Finds payments and shows them. Secrets are never stored: they are fetched."""

    def __init__(self, payments: Payments, provider: Provider, settler: Settler) -> None:
        self._payments = payments
        self._provider = provider
        self._settler = settler

    async def find(self, order_id: str) -> Payment | None:
        """The payment of an order, whoever asks: the caller checks whose it is."""
        return await self._payments.by_order(order_id)

    async def show(self, payment: Payment) -> PayablePayment:
        """With its secret. ProviderAway where that cannot be fetched."""
        attempt = payment.payable_attempt
        if payment.flow is Flow.HOSTED or attempt is None:
            return PayablePayment(payment)
        return PayablePayment(payment, await self._provider.client_secret(attempt.intent_id))

    async def verify(self, payment: Payment) -> PayablePayment:
        """After asking Stripe. ProviderAway."""
        return await self.show(await self._settler.settle(payment))
