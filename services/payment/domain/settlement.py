"""Settling: what follows for a payment from what the provider says. Only ever forward; a success is never undone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.chassis.money import Money
from services.payment.domain.events import AttemptDeclined, Closed, Succeeded
from services.payment.domain.payment import (
    Attempt,
    AttemptState,
    Cause,
    Change,
    Decline,
    Kind,
    Payment,
    State,
    Verdict,
)


class Phase(StrEnum):
    """Where a session or intent stands. PROCESSING: the customer is done, the money is not there yet."""

    PAYABLE = "PAYABLE"
    PROCESSING = "PROCESSING"
    PAID = "PAID"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the provider says of one session or intent. `captured` is set where it is PAID."""

    kind: Kind
    provider_id: str
    phase: Phase
    intent_id: str = ""
    checkout_url: str = ""
    captured: Money | None = None
    payment_id: str = ""
    attempt_number: int = 0


@dataclass(frozen=True, slots=True)
class NeverMade:
    """The provider never made it; `refusal` is why, where it said so: it would say so again."""

    refusal: str = ""


def settle(payment: Payment, standings: Mapping[str, Standing | NeverMade], now: datetime) -> Change:
    """Takes over the standings by attempt id, then ends a closing that is done."""
    change = Change(payment)
    for attempt_id, standing in standings.items():
        change = change.then(_take_over(change.payment, change.payment.attempt(attempt_id), standing, now))
    return change.then(finish_closing(change.payment, now))


def finish_closing(payment: Payment, now: datetime) -> Change:
    """CLOSED once no attempt of a CLOSING payment can bring money any more."""
    if payment.state is not State.CLOSING or payment.open_attempts:
        return Change(payment)
    return _end(payment, State.CLOSED, now, Closed(now))


def close(payment: Payment, now: datetime) -> Change:
    """The beginning of the end: no attempt is begun any more."""
    if payment.state is State.OPEN:
        payment = replace(payment, state=State.CLOSING, update_time=now)
    return finish_closing(payment, now)


def begin_attempt(payment: Payment, attempt: Attempt, now: datetime) -> Change:
    """Adds an attempt where the payment is open and has none that could still bring money; else changes nothing."""
    if payment.state is not State.OPEN or payment.open_attempts:
        return Change(payment)
    return Change(replace(payment.with_attempt(attempt), update_time=now))


def adopt(payment: Payment, standing: Standing, new_id: str, now: datetime) -> Change:
    """Makes a session or intent that names this payment one of its attempts, where it is not yet."""
    known = {(attempt.kind, attempt.provider_id) for attempt in payment.attempts}
    if (standing.kind, standing.provider_id) in known or payment.attempt_of_intent(standing.intent_id):
        return Change(payment)
    sent = next((a for a in payment.attempts if _could_be(a, standing)), None)
    if sent is not None:
        return Change(payment.with_attempt(_known(sent, standing)))
    number = 1 + max((attempt.number for attempt in payment.attempts), default=0)
    found = Attempt(new_id, number, standing.kind, AttemptState.LIVE, now, found=True)
    return Change(payment.with_attempt(_known(found, standing)))


def decline(payment: Payment, fact: Decline, now: datetime) -> Change:
    """Records a declined try, once; one that is told after the end changes nothing."""
    if payment.state is not State.OPEN or any(known.reference == fact.reference for known in payment.declines):
        return Change(payment)
    attempt = payment.payable_attempt
    event = AttemptDeclined(fact.code, fact.message, attempt.checkout_url if attempt else "", fact.time)
    return Change(replace(payment, declines=(*payment.declines, fact), update_time=now), (event,))


def _could_be(attempt: Attempt, standing: Standing) -> bool:
    """Whether a standing is the unknown outcome of an attempt."""
    same = attempt.kind is standing.kind and attempt.number == standing.attempt_number
    return same and attempt.state is AttemptState.SENT


def _take_over(payment: Payment, attempt: Attempt, standing: Standing | NeverMade, now: datetime) -> Change:
    if not attempt.state.is_open:
        return Change(payment)
    if isinstance(standing, NeverMade):
        lost = replace(attempt, state=AttemptState.LOST, body=b"", refusal=standing.refusal)
        return Change(payment.with_attempt(lost)) if attempt.state is AttemptState.SENT else Change(payment)
    known = _known(attempt, standing)
    if standing.phase is Phase.PAID and standing.captured is not None:
        return _capture(payment, known, standing.captured, now)
    if standing.phase is Phase.ENDED:
        known = replace(known, state=AttemptState.ENDED, checkout_url="")
    return Change(payment.with_attempt(known))


def _known(attempt: Attempt, standing: Standing) -> Attempt:
    """The outcome is known, so its request, which holds personal data, is no longer needed."""
    return replace(
        attempt,
        state=AttemptState.LIVE,
        body=b"",
        provider_id=standing.provider_id,
        intent_id=standing.intent_id or attempt.intent_id,
        checkout_url=standing.checkout_url,
    )


def _capture(payment: Payment, attempt: Attempt, captured: Money, now: datetime) -> Change:
    verdict = _verdict(payment, captured)
    paid = replace(attempt, state=AttemptState.CAPTURED, checkout_url="", captured=captured, verdict=verdict)
    payment = payment.with_attempt(paid)
    if verdict is Verdict.COUNTED:
        return _end(payment, State.SUCCEEDED, now, Succeeded(captured, now))
    change = Change(replace(payment, update_time=now), obligations=(Cause(verdict.value),), alarms=(verdict.value,))
    return change if payment.state.is_final else change.then(_end(payment, State.CLOSED, now, Closed(now)))


def _verdict(payment: Payment, captured: Money) -> Verdict:
    if payment.state.is_final:
        return Verdict.LATE_CAPTURE
    return Verdict.COUNTED if captured == payment.amount else Verdict.MISMATCH


def _end(payment: Payment, state: State, now: datetime, event: Succeeded | Closed) -> Change:
    return Change(replace(payment, state=state, update_time=now), (event,))
