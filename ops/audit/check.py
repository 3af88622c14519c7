"""What a check is: a name, a sentence that must be true of a shop, and a look that finds where it is not."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

from ops.audit.stores import Stores
from services.chassis.money import Money, minor_digits


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a check's sentence is false.

    `subject` names it and is the same at a second look; `text` says what is wrong. `since` is when it may have come
    about at the latest; None where no step that is still under way explains it, so that it counts at once.
    """

    subject: str
    text: str
    since: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What a look has covered: `looked` subjects, and sums of money by name and currency, in minor units."""

    told: Callable[[int], None] = lambda _looked: None
    looked: int = 0
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)

    def saw(self, count: int) -> None:
        """Counts subjects as looked at."""
        self.looked += count
        self.told(self.looked)

    def add(self, name: str, amount: Money) -> None:
        """Adds to a sum."""
        self.sums[name, amount.currency] += amount.amount


Look = Callable[[Stores, Tally], AsyncIterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A question to a shop; `look` yields findings in the same order each time, with bounded memory."""

    name: str
    sentence: str
    look: Look


def shown(amount: Money | None) -> str:
    """An amount as people write it: `12.50 EUR`."""
    if amount is None:
        return "nothing"
    digits = minor_digits(amount.currency)
    return f"{amount.amount / 10**digits:,.{digits}f} {amount.currency}"
