"""The ledger: what moved, as transfers between two accounts. It follows from how a payment was and is, so nothing that
moves money can forget it."""

from dataclasses import dataclass
from enum import StrEnum

from services.chassis.money import Money
from services.payment.domain.payment import Payment, Refund, RefundState, Verdict


class Account(StrEnum):
    """PROVIDER: what lies at Stripe for us. The others say what for: orders that are paid by it, money that pays none and
    has to go back, and what banks took back. All accounts of a currency together are zero."""

    PROVIDER = "PROVIDER"
    ORDERS = "ORDERS"
    RETURNS = "RETURNS"
    DISPUTES = "DISPUTES"


class Kind(StrEnum):
    """What moved it. What comes back (a refund that failed, a dispute that was won) is of the same kind."""

    CAPTURE = "CAPTURE"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` came to PROVIDER out of `account`; negative where it went. `subject` is the attempt, refund or dispute."""

    kind: Kind
    subject: str
    account: Account
    amount: Money


def transfers(before: Payment, after: Payment) -> list[Transfer]:
    """What moved from one value of a payment to the next."""
    then, now = _moved(before), _moved(after)
    changes = [(key, now.get(key, 0) - then.get(key, 0)) for key in dict.fromkeys([*then, *now])]
    return [Transfer(kind, what, account, Money(by, code)) for (kind, what, account, code), by in changes if by]


_Key = tuple[Kind, str, Account, str]


def _moved(payment: Payment) -> dict[_Key, int]:
    """What lies at the provider by each thing that moved it, in minor units."""
    moved: dict[_Key, int] = {}
    for attempt in payment.attempts:
        if attempt.captured is not None:
            account = Account.ORDERS if attempt.verdict is Verdict.COUNTED else Account.RETURNS
            moved[Kind.CAPTURE, attempt.id, account, attempt.captured.currency] = attempt.captured.amount
    for refund in payment.refunds:
        if refund.state is RefundState.SUCCEEDED:
            account = _account(payment, refund)
            moved[Kind.REFUND, refund.id, account, refund.amount.currency] = -refund.amount.amount
    for dispute in payment.disputes:
        if dispute.is_taken:
            moved[Kind.DISPUTE, dispute.id, Account.DISPUTES, dispute.amount.currency] = -dispute.amount.amount
    return moved


def _account(payment: Payment, refund: Refund) -> Account:
    counted = payment.attempt(refund.attempt_id).verdict is Verdict.COUNTED
    return Account.ORDERS if counted else Account.RETURNS
