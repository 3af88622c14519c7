"""Opening the payment of an order: the row and the request first, then Stripe, outside any transaction."""

import asyncio
from functools import partial

from services.chassis import ids, telemetry
from services.chassis.clock import Clock
from services.chassis.errors import FailedPrecondition
from services.payment.domain import bill as bills
from services.payment.domain import settlement
from services.payment.domain.bill import Bill, Contact, Line
from services.payment.domain.lines import PaidLine
from services.payment.domain.payment import Attempt, AttemptState, Change, Payment, State, payment_closed
from services.payment.ports import Payments, Provider, ProviderAway, ProviderBusy, Sleep
from services.payment.use_cases.settling import Settler

ATTEMPTS_AT_ONCE = 2
"""New attempts in one call where Stripe lost the one before for good; then the caller comes back."""
BUSY_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)


class CreatePayment:
    """A repeat answers the same payment, and goes on where the call before it was cut off."""

    def __init__(
        self,
        payments: Payments,
        provider: Provider,
        settler: Settler,
        clock: Clock,
        currency: str,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._payments = payments
        self._provider = provider
        self._settler = settler
        self._clock = clock
        self._currency = currency
        self._sleep = sleep

    async def create(self, bill: Bill) -> Payment:
        """The order's payment, which can be paid unless it already was.

        PAYMENT_CLOSED where it was closed, PAYMENT_REFUSED where Stripe will not take such a payment.
        """
        bills.check(bill, self._currency)
        payment = await self._payments.open(bill.order_id, partial(self._begin, bill))
        for _ in range(ATTEMPTS_AT_ONCE):
            payment = await self._make(payment)
            if payment.state is State.SUCCEEDED or payment.payable_attempt:
                return payment
            _check_payable(payment)
            payment = await self._payments.update(payment.id, partial(self._begin_attempt, bill))
        raise ProviderAway("Stripe has lost the payment's attempts")

    async def _make(self, payment: Payment) -> Payment:
        """Makes the attempt at Stripe; where another call for the same order is at it, waits for what that one learns."""
        for pause in BUSY_PAUSES_SECONDS:
            try:
                return await self._settler.make(payment)
            except ProviderBusy:
                await self._sleep(pause)
                payment = await self._payments.get(payment.id) or payment
        return await self._settler.make(payment)

    def _begin(self, bill: Bill) -> tuple[Payment, Contact]:
        now = self._clock()
        payment = Payment(
            id=ids.new("pay"),
            order_id=bill.order_id,
            user_id=bill.user_id,
            order_token_hash=bill.order_token_hash,
            flow=bill.flow,
            amount=bill.total,
            expire_time=bill.expire_time,
            create_time=now,
            update_time=now,
            traceparent=telemetry.current_traceparent(),
            lines=tuple(_paid_line(line) for line in bill.lines),
        )
        return self._begin_attempt(bill, payment).payment, bill.contact

    def _begin_attempt(self, bill: Bill, payment: Payment) -> Change:
        now = self._clock()
        number = 1 + max((attempt.number for attempt in payment.attempts), default=0)
        body = self._provider.attempt_body(payment, bill, number)
        attempt = Attempt(ids.new("att"), number, payment.kind, AttemptState.SENT, first_sent_time=now, body=body)
        return settlement.begin_attempt(payment, attempt, now)


def _paid_line(line: Line) -> PaidLine:
    return PaidLine(line.variant_id, line.title, line.variant_title, line.quantity, line.total)


def _check_payable(payment: Payment) -> None:
    if payment.state is not State.OPEN:
        raise payment_closed(payment.order_id)
    refusals = [attempt.refusal for attempt in payment.attempts if attempt.refusal]
    if refusals:
        raise FailedPrecondition("PAYMENT_REFUSED", refusals[-1])
