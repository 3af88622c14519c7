"""Refunds: never more than was captured, and obligations to give back all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.chassis.errors import FailedPrecondition
from services.chassis.money import Money
from services.payment.domain.events import Refunded, RefundFailed
from services.payment.domain.payment import (
    Attempt,
    Cause,
    Change,
    Dispute,
    Payment,
    Refund,
    RefundState,
    Verdict,
    total,
)

ALARM_FAILURES = 3
"""Failed refunds for one cause from which on each further one calls a person."""

LONGEST_PAUSE_SECONDS = 3600.0
_MADE_BY_PEOPLE = (Cause.PROVIDER, Cause.STAFF)
"""Whoever made such a refund has to make it again where it failed."""


@dataclass(frozen=True, slots=True)
class RefundFact:
    """What the provider says of a refund; `refund_id` is ours, empty where it was made on the provider's side."""

    provider_id: str
    intent_id: str
    refund_id: str
    state: RefundState
    amount: Money
    failure: str = ""


def refundable(payment: Payment, attempt: Attempt) -> Money:
    """What is left of a capture: captured - pending - succeeded, less what a bank took back."""
    if attempt.captured is None:
        return Money.zero(payment.amount.currency)
    currency = attempt.captured.currency
    on_its_way = total(_counting(payment, attempt), currency)
    left = attempt.captured - on_its_way
    return max(left, Money.zero(currency))


def owed(payment: Payment, cause: Cause) -> list[tuple[Attempt, Money]]:
    """What a cause still obliges us to give back, by capture; what staff decided on was begun by that."""
    if cause is Cause.STAFF:
        return []
    captures = [attempt for attempt in payment.attempts if attempt.verdict is _covered(cause)]
    amounts = [(attempt, refundable(payment, attempt)) for attempt in captures]
    return [(attempt, left) for attempt, left in amounts if left]


def pending(payment: Payment, cause: Cause) -> list[Refund]:
    """Refunds for a cause whose end is open."""
    return [r for r in payment.refunds if r.cause is cause and r.state is RefundState.PENDING]


def is_fulfilled(payment: Payment, cause: Cause) -> bool:
    """Whether everything that a cause obliges us to give back has arrived."""
    covered = {attempt.id for attempt in payment.attempts if attempt.verdict is _covered(cause)}
    waiting = any(r.state is RefundState.PENDING for r in payment.refunds if r.attempt_id in covered)
    return not waiting and not owed(payment, cause)


def failures(payment: Payment, cause: Cause) -> int:
    """How many refunds for a cause failed."""
    return sum(r.cause is cause and r.state is RefundState.FAILED for r in payment.refunds)


def pause_after(payment: Payment, cause: Cause) -> float:
    """Seconds before the next refund for a cause: about a second after the first failure, ever more after others."""
    return min(LONGEST_PAUSE_SECONDS, 0.5 * 2.0 ** failures(payment, cause))


def next_number(payment: Payment) -> int:
    """The number of the next refund."""
    return 1 + max((r.number for r in payment.refunds), default=0)


def begin_refund(payment: Payment, refund: Refund) -> Payment:
    """Adds a PENDING refund; FAILED_PRECONDITION where it is more than what is left of its capture."""
    left = refundable(payment, payment.attempt(refund.attempt_id))
    if refund.amount > left or refund.amount.amount <= 0:
        raise FailedPrecondition("REFUND_EXCEEDS_CAPTURE", f"{left} is left to be refunded")
    return payment.with_refund(refund)


def begin_owed(
    payment: Payment, cause: Cause, now: datetime, new_id: Callable[[], str], body: Callable[[Refund, Attempt], bytes]
) -> Change:
    """Begins one refund for each capture of which a cause still owes something; `body` makes the request."""
    for attempt, left in owed(payment, cause):
        refund = Refund(new_id(), next_number(payment), attempt.id, left, cause, RefundState.PENDING, now)
        payment = begin_refund(payment, replace(refund, body=body(refund, attempt)))
    return Change(payment)


def record(payment: Payment, facts: Sequence[RefundFact], new_id: Callable[[], str], now: datetime) -> Change:
    """Takes over what the provider says of refunds, its own ones included."""
    change = Change(payment)
    for fact in facts:
        change = change.then(_record(change.payment, fact, new_id, now))
    return change


def fail(payment: Payment, refund_id: str, failure: str) -> Change:
    """A refund that the provider refused, or never made: its amount is there again."""
    refund = next(r for r in payment.refunds if r.id == refund_id)
    if refund.state is not RefundState.PENDING or refund.provider_id:
        return Change(payment)
    return _failed(payment, replace(refund, failure=failure, body=b""))


def dispute(payment: Payment, fact: Dispute) -> Change:
    """Records money that a bank took back, and what became of it; older news of a decided one changes nothing."""
    known = next((each for each in payment.disputes if each.id == fact.id), None)
    if known == fact or (known and known.is_decided):
        return Change(payment)
    return Change(payment.with_dispute(fact), reopen_after=None if fact.is_taken else 0, alarms=("DISPUTE",))


def _counting(payment: Payment, attempt: Attempt) -> list[Money]:
    refunds = [r.amount for r in payment.refunds if r.attempt_id == attempt.id and r.state is not RefundState.FAILED]
    return refunds + [d.amount for d in payment.disputes if d.attempt_id == attempt.id and d.is_taken]


def _covered(cause: Cause) -> Verdict:
    wrong = {Cause.MISMATCH: Verdict.MISMATCH, Cause.LATE_CAPTURE: Verdict.LATE_CAPTURE}
    return wrong.get(cause, Verdict.COUNTED)


def _record(payment: Payment, fact: RefundFact, new_id: Callable[[], str], now: datetime) -> Change:
    attempt = payment.attempt_of_intent(fact.intent_id)
    if attempt is None:
        return Change(payment)
    known = _known(payment, fact) or _new(payment, attempt, fact, new_id(), now)
    if _is_stale(known, fact):
        return Change(payment)
    refund = replace(known, provider_id=fact.provider_id, amount=fact.amount, body=b"", failure=fact.failure)
    if fact.state is RefundState.FAILED and known.state is not fact.state:
        return _told_of_failure(payment, known, refund, now)
    if fact.state is RefundState.SUCCEEDED and known.state is not fact.state:
        return _succeeded(payment, refund, now)
    return Change(payment.with_refund(replace(refund, state=fact.state)))


def _is_stale(known: Refund, fact: RefundFact) -> bool:
    """Whether we know better: a failure that the provider told is final, and nothing becomes pending again.

    A failure without the provider's id was only our conclusion, so its word stands.
    """
    if known.state is RefundState.FAILED:
        return bool(known.provider_id)
    return known.state is RefundState.SUCCEEDED and fact.state is RefundState.PENDING


def _known(payment: Payment, fact: RefundFact) -> Refund | None:
    return next((r for r in payment.refunds if fact.refund_id == r.id or fact.provider_id == r.provider_id), None)


def _new(payment: Payment, attempt: Attempt, fact: RefundFact, id: str, now: datetime) -> Refund:
    return Refund(id, next_number(payment), attempt.id, fact.amount, Cause.PROVIDER, RefundState.PENDING, now)


def _succeeded(payment: Payment, refund: Refund, now: datetime) -> Change:
    payment = payment.with_refund(replace(refund, state=RefundState.SUCCEEDED))
    so_far = _arrived(payment, refund.amount.currency)
    event = Refunded(refund.id, refund.amount, so_far, refund.cause.value, now, refund.reason, refund.lines)
    return Change(replace(payment, update_time=now), (event,))


def _arrived(payment: Payment, currency: str) -> Money:
    return total((r.amount for r in payment.refunds if r.state is RefundState.SUCCEEDED), currency)


def _told_of_failure(payment: Payment, known: Refund, refund: Refund, now: datetime) -> Change:
    """`known` is the refund as it was. Others were told of it only if it had arrived, so only then they are told again."""
    change = _failed(payment, refund)
    if known.state is RefundState.SUCCEEDED:
        so_far = _arrived(change.payment, refund.amount.currency)
        event = RefundFailed(refund.id, refund.amount, so_far, refund.cause.value, now)
        change = replace(change, payment=replace(change.payment, update_time=now), events=(event,))
    # Whoever sent it sees a failure at once; one that comes later has to call the obligation back.
    return replace(change, reopen_after=pause_after(change.payment, refund.cause)) if known.provider_id else change


def _failed(payment: Payment, refund: Refund) -> Change:
    payment = payment.with_refund(replace(refund, state=RefundState.FAILED))
    alarm = refund.cause in _MADE_BY_PEOPLE or failures(payment, refund.cause) >= ALARM_FAILURES
    return Change(payment, alarms=("REFUND_FAILED",) if alarm else ())
