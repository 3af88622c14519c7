"""Giving money back: obligations until all of it has arrived, and refunds made on Stripe's side."""

from collections.abc import Sequence
from functools import partial

from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.tasks import Again
from services.payment.domain import refunds, requested
from services.payment.domain.payment import Attempt, Cause, Dispute, Payment, Refund, RefundState
from services.payment.domain.refunds import RefundFact
from services.payment.domain.requested import Wanted
from services.payment.ports import Alarms, Obligations, Payments, Provider, ProviderAway, ProviderFault, ProviderRefusal
from services.payment.use_cases.settling import KEY_LIFE, purchase_trace

LOOK_AGAIN_SECONDS = 60.0
"""Pause before a refund on its way is looked at again; a notice mostly comes first."""
BEING_SENT_SECONDS = 1.0
"""Pause while another cause's refund of the same payment is being sent by its own task."""


class Refunding:
    """Refunds, in PENDING rows first; Stripe's key is the refund's id."""

    def __init__(
        self, payments: Payments, obligations: Obligations, provider: Provider, alarms: Alarms, clock: Clock
    ) -> None:
        self._payments = payments
        self._obligations = obligations
        self._provider = provider
        self._alarms = alarms
        self._clock = clock

    async def oblige(self, order_id: str, cause: Cause) -> None:
        """Everything that counted for the order is to go back."""
        await self._obligations.add(order_id, cause)

    async def request(self, payment: Payment, reason: str, wanted: Sequence[Wanted]) -> Refund:
        """Begins a refund that staff decided on; its task sends it. Errors as of `requested.request`."""
        new, body = _new_id(), partial(self._body, payment)
        decide = partial(requested.request, refund_id=new, reason=reason, wanted=wanted, now=self._clock(), body=body)
        return (await self._payments.update(payment.id, decide)).refund(new)

    async def give_back(self, order_id: str, cause: Cause) -> None:
        """Refunds until nothing is owed. Again while a refund is on its way or has to be repeated."""
        payment = await self._payments.by_order(order_id)
        if payment is None:
            self._alarms.raise_alarm("OBLIGATION_WITHOUT_PAYMENT", order_id=order_id, cause=cause)
            return
        with purchase_trace(payment, "give back"):
            payment = await self._sync(payment)
            decide = partial(
                refunds.begin_owed, cause=cause, now=self._clock(), new_id=_new_id, body=partial(self._body, payment)
            )
            payment = await self._payments.update(payment.id, decide)
            for refund in refunds.pending(payment, cause):
                if not refund.provider_id:
                    payment = await self._send(payment, refund)
            if not refunds.is_fulfilled(payment, cause):
                raise Again(_pause(payment, cause))
            await self._obligations.fulfil(order_id, cause, self._clock())

    async def sync(self, payment: Payment) -> Payment:
        """Takes over every refund that Stripe knows of. ProviderAway."""
        with purchase_trace(payment, "refunds"):
            return await self._sync(payment)

    async def record_dispute(self, payment: Payment, dispute: Dispute) -> Payment:
        """Takes over what a bank claims."""
        return await self._payments.update(payment.id, partial(refunds.dispute, fact=dispute))

    def _body(self, payment: Payment, refund: Refund, attempt: Attempt) -> bytes:
        return self._provider.refund_body(payment, refund, attempt)

    async def _sync(self, payment: Payment) -> Payment:
        captured = [attempt for attempt in payment.attempts if attempt.captured]
        facts = [fact for attempt in captured for fact in await self._provider.refunds(attempt.intent_id)]
        return await self._record(payment, facts)

    async def _record(self, payment: Payment, facts: list[RefundFact]) -> Payment:
        decide = partial(refunds.record, facts=facts, new_id=_new_id, now=self._clock())
        return await self._payments.update(payment.id, decide)

    async def _send(self, payment: Payment, refund: Refund) -> Payment:
        """Sends a refund, for the first time or again; where its key is of no use, Stripe's list has told before."""
        if self._clock() - refund.create_time > KEY_LIFE:
            return await self._fail(payment, refund, "never made")
        try:
            return await self._record(payment, [await self._provider.make_refund(refund.body, refund.id)])
        except ProviderRefusal as refusal:
            return await self._fail(payment, refund, str(refusal))
        except ProviderFault as fault:
            if not fault.stored:
                raise ProviderAway("Stripe answers with errors") from fault
        payment = await self._sync(payment)
        unknown = any(r.id == refund.id and not r.provider_id for r in payment.refunds)
        return await self._fail(payment, refund, "never made") if unknown else payment

    async def _fail(self, payment: Payment, refund: Refund, failure: str) -> Payment:
        return await self._payments.update(payment.id, partial(refunds.fail, refund_id=refund.id, failure=failure))


def _new_id() -> str:
    return ids.new("ref")


def _pause(payment: Payment, cause: Cause) -> float:
    waiting = [r for r in payment.refunds if r.state is RefundState.PENDING]
    if any(not r.provider_id for r in waiting):
        return BEING_SENT_SECONDS
    return LOOK_AGAIN_SECONDS if waiting else refunds.pause_after(payment, cause)
