"""Settling a payment: ask Stripe outside any transaction, then lock, decide, move forward.

The webhook's task, VerifyPayment, ClosePayment and the reconciler all come here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from services.chassis import ids, telemetry
from services.chassis.clock import Clock
from services.payment.domain import settlement
from services.payment.domain.payment import Attempt, AttemptState, Payment
from services.payment.domain.settlement import NeverMade, Standing
from services.payment.ports import Payments, Provider, ProviderAway, ProviderFault, ProviderRefusal

KEY_LIFE = timedelta(hours=20)
"""Stripe forgets idempotency keys after 24 hours; well before that a repeat would be a new effect."""


@contextmanager
def purchase_trace(payment: Payment, step: str) -> Iterator[None]:
    """Goes on in the purchase's own trace, linked to where we come from, so that its events belong to it."""
    here = telemetry.current_traceparent()
    within = here[3:35] == payment.traceparent[3:35]
    with telemetry.span(
        f"payment {step}", parent=here if within else payment.traceparent, links=[] if within else [here]
    ):
        yield


class Settler:
    """Finds out how attempts stand and takes it over."""

    def __init__(self, payments: Payments, provider: Provider, clock: Clock) -> None:
        self._payments = payments
        self._provider = provider
        self._clock = clock

    async def settle(self, payment: Payment) -> Payment:
        """The payment after Stripe was asked about each attempt that could still bring money. ProviderAway."""
        if payment.state.is_final and not payment.open_attempts:
            return payment
        with purchase_trace(payment, "settle"):
            payment = await self.make(payment)
            live = [attempt for attempt in payment.open_attempts if attempt.state is AttemptState.LIVE]
            standings = {each.id: await self._provider.standing(each.kind, each.provider_id) for each in live}
            return await self._take_over(payment, standings)

    async def make(self, payment: Payment) -> Payment:
        """Finds out the outcome of attempts that were sent, without asking how they stand since."""
        sent = [attempt for attempt in payment.open_attempts if attempt.state is AttemptState.SENT]
        if not sent:
            return payment
        return await self._take_over(payment, {each.id: await self._resolve(payment, each) for each in sent})

    async def take_in(self, payment: Payment, standing: Standing | None, intent_id: str) -> Payment:
        """Settles, with a session or intent that names the payment, and the intent `intent_id`, among its attempts."""
        if standing and standing.kind is payment.kind:
            payment = await self._adopt(payment, standing)
        payment = await self.settle(payment)
        if intent_id and not payment.attempt_of_intent(intent_id):
            # A session knows its intent from the first try on, so this one is of an attempt that is not ours yet.
            payment = await self._adopt(payment, await self._provider.standing_of_intent(intent_id))
            payment = await self.settle(payment)
        return payment

    async def end(self, payment: Payment) -> Payment:
        """Ends every attempt at Stripe that can be ended, and settles."""
        with purchase_trace(payment, "close"):
            payment = await self.make(payment)
            for attempt in payment.open_attempts:
                await self._provider.end(attempt.kind, attempt.provider_id)
            return await self.settle(payment)

    async def _adopt(self, payment: Payment, standing: Standing) -> Payment:
        decide = partial(settlement.adopt, standing=standing, new_id=ids.new("att"), now=self._clock())
        return await self._payments.update(payment.id, decide)

    async def _take_over(self, payment: Payment, standings: Mapping[str, Standing | NeverMade]) -> Payment:
        decide = partial(settlement.settle, standings=standings, now=self._clock())
        return await self._payments.update(payment.id, decide)

    async def _resolve(self, payment: Payment, attempt: Attempt) -> Standing | NeverMade:
        """The outcome of a sent attempt: by the same request again, or by Stripe's list where its key is of no use."""
        if self._clock() - attempt.first_sent_time > KEY_LIFE:
            return await self._find(payment, attempt)
        key = f"{payment.id}:{attempt.number}"
        for _ in range(2):
            try:
                return await self._provider.make_attempt(attempt.kind, attempt.body, key)
            except ProviderRefusal as refusal:
                return NeverMade(str(refusal))
            except ProviderFault as fault:
                if fault.stored:
                    return await self._find(payment, attempt)
        raise ProviderAway("Stripe answers with errors")

    async def _find(self, payment: Payment, attempt: Attempt) -> Standing | NeverMade:
        return await self._provider.find_attempt(attempt, payment.id) or NeverMade()
