"""Stripe's notices: verified, stored, answered; then handled by a task in the purchase's own trace."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from services.chassis.clock import Clock
from services.payment.domain import settlement
from services.payment.domain.payment import Payment
from services.payment.domain.settlement import Phase
from services.payment.ports import (
    Alarms,
    Notice,
    NoticeFacts,
    NoticeReader,
    Notices,
    NoticeState,
    Payments,
    UnknownCaptures,
)
from services.payment.use_cases.refunding import Refunding
from services.payment.use_cases.settling import Settler, purchase_trace

RETENTION = timedelta(days=30)
"""Stripe repeats a notice for three days at most; older ones are for people who look for something."""


class HandleNotices:
    """A notice only says that there is news: what it is, Stripe is asked."""

    def __init__(
        self,
        notices: Notices,
        captures: UnknownCaptures,
        reader: NoticeReader,
        payments: Payments,
        settler: Settler,
        refunding: Refunding,
        alarms: Alarms,
        clock: Clock,
    ) -> None:
        self._notices = notices
        self._captures = captures
        self._reader = reader
        self._payments = payments
        self._settler = settler
        self._refunding = refunding
        self._alarms = alarms
        self._clock = clock

    async def receive(self, payload: bytes, signature: str) -> None:
        """Stores a notice that Stripe has signed; INVALID_ARGUMENT, and nothing stored, for any other."""
        await self.take([self._reader.verify(payload, signature)])

    async def take(self, events: Iterable[dict[str, Any]]) -> None:
        """Stores events of Stripe, with the tasks that handle them; one that is known changes nothing."""
        await self._notices.add([self._notice(event) for event in events], self._clock())

    async def handle(self, notice_id: str) -> None:
        """Handles a stored notice, once. ProviderAway."""
        notice = await self._notices.get(notice_id)
        if notice is None or notice.state is not NoticeState.RECEIVED:
            return
        facts = self._reader.read(notice.event)
        payment = await self._find(facts)
        if payment is None:
            await self._notices.mark(notice_id, await self._unknown(notice, facts), self._clock())
            return
        with purchase_trace(payment, "handle notice"):
            await self._take_over(payment, facts)
            await self._notices.mark(notice_id, NoticeState.HANDLED, self._clock())

    async def purge(self) -> None:
        """Forgets old notices that are done with."""
        await self._notices.purge(self._clock() - RETENTION)

    def _notice(self, event: dict[str, Any]) -> Notice:
        state = NoticeState.RECEIVED if self._reader.concerns_us(event) else NoticeState.IGNORED
        return Notice(event["id"], event["type"], event, state)

    async def _find(self, facts: NoticeFacts) -> Payment | None:
        """By the payment that the object names; refunds and disputes made at Stripe name only the intent."""
        if facts.payment_id:
            return await self._payments.named(facts.payment_id)
        return await self._payments.by_intent(facts.intent_id) if facts.intent_id else None

    async def _unknown(self, notice: Notice, facts: NoticeFacts) -> NoticeState:
        if not facts.payment_id:
            return NoticeState.IGNORED
        if facts.standing and facts.standing.phase is Phase.PAID:
            await self._captures.add(facts.standing, self._clock())
        self._alarms.raise_alarm("UNKNOWN_PAYMENT", notice_id=notice.id, payment_id=facts.payment_id)
        return NoticeState.UNKNOWN

    async def _take_over(self, payment: Payment, facts: NoticeFacts) -> None:
        payment = await self._settler.take_in(payment, facts.standing, facts.intent_id)
        if facts.decline:
            decide = partial(settlement.decline, fact=facts.decline, now=self._clock())
            await self._payments.update(payment.id, decide)
        if facts.is_refund:
            await self._refunding.sync(payment)
        attempt = payment.attempt_of_intent(facts.intent_id)
        if facts.dispute and attempt:
            await self._refunding.record_dispute(payment, replace(facts.dispute, attempt_id=attempt.id))
