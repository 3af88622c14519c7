"""Refunds that staff decide on: units of lines, or everything that is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.chassis.errors import FailedPrecondition, PreconditionViolation, invalid_field
from services.chassis.money import Money
from services.payment.domain.lines import PaidLine, RefundLine, units_left, worth
from services.payment.domain.payment import Attempt, Cause, Change, Payment, Refund, RefundState, Verdict, total
from services.payment.domain.refunds import begin_refund, next_number, refundable


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of a line that are to be given back."""

    variant_id: str
    quantity: int


def request(
    payment: Payment,
    refund_id: str,
    reason: str,
    wanted: Sequence[Wanted],
    now: datetime,
    body: Callable[[Refund, Attempt], bytes],
) -> Change:
    """Begins a refund of the wanted units, or of everything where none are named; shipping goes only with everything.

    FAILED_PRECONDITION PAYMENT_NOT_CAPTURED, REFUND_EXCEEDS_LINE, REFUND_EXCEEDS_CAPTURE, NOTHING_TO_REFUND;
    INVALID_ARGUMENT for a variant that the order does not have, or that is named twice.
    """
    attempt = _counted(payment)
    gone = _gone(payment, attempt)
    left = refundable(payment, attempt)
    lines = _named(payment, wanted, gone) if wanted else _rest(payment, gone, left)
    amount = total((line.amount for line in lines), left.currency) if wanted else left
    if not amount:
        raise FailedPrecondition("NOTHING_TO_REFUND", "nothing is left that could be given back")
    number = next_number(payment)
    refund = Refund(refund_id, number, attempt.id, amount, Cause.STAFF, RefundState.PENDING, now, reason, lines)
    payment = begin_refund(payment, replace(refund, body=body(refund, attempt)))
    return Change(replace(payment, update_time=now), obligations=(Cause.STAFF,))


def _counted(payment: Payment) -> Attempt:
    """The capture that paid the order; what does not count goes back by itself."""
    counted = next((each for each in payment.attempts if each.verdict is Verdict.COUNTED), None)
    if counted is None:
        raise FailedPrecondition("PAYMENT_NOT_CAPTURED", "no money came that could be given back")
    return counted


def _gone(payment: Payment, attempt: Attempt) -> list[RefundLine]:
    """What went back by line, or is on its way."""
    counting = [r for r in payment.refunds if r.attempt_id == attempt.id and r.state is not RefundState.FAILED]
    return [line for refund in counting for line in refund.lines]


def _named(payment: Payment, wanted: Sequence[Wanted], gone: Sequence[RefundLine]) -> tuple[RefundLine, ...]:
    lines = {line.variant_id: line for line in payment.lines}
    for index, each in enumerate(wanted):
        if each.variant_id not in lines:
            raise invalid_field(f"lines[{index}].variant_id", "is not of this order")
        if each.variant_id in [before.variant_id for before in wanted[:index]]:
            raise invalid_field(f"lines[{index}].variant_id", "is named twice")
    _check_units([(lines[each.variant_id], each.quantity) for each in wanted], gone)
    return tuple(_refund_line(lines[each.variant_id], each.quantity, gone) for each in wanted)


def _check_units(wanted: Sequence[tuple[PaidLine, int]], gone: Sequence[RefundLine]) -> None:
    missing = [
        PreconditionViolation("UNITS_LEFT", line.variant_id, f"{units_left(line, gone)} are left, {quantity} wanted")
        for line, quantity in wanted
        if quantity > units_left(line, gone)
    ]
    if missing:
        raise FailedPrecondition("REFUND_EXCEEDS_LINE", "fewer units are left than wanted", preconditions=missing)


def _rest(payment: Payment, gone: Sequence[RefundLine], left: Money) -> tuple[RefundLine, ...]:
    """Every unit that is left; none where a refund or dispute that names no lines has taken a part of what they cost."""
    units = [(line, units_left(line, gone)) for line in payment.lines]
    lines = tuple(_refund_line(line, quantity, gone) for line, quantity in units if quantity > 0)
    return lines if total((line.amount for line in lines), left.currency) <= left else ()


def _refund_line(line: PaidLine, quantity: int, gone: Sequence[RefundLine]) -> RefundLine:
    return RefundLine(line.variant_id, quantity, worth(line, quantity, gone))
