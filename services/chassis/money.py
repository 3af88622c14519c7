"""Amounts of money as integer minor units of one currency. Source: ISO 4217; the codes by way of babel."""

from dataclasses import dataclass
from functools import cache

from babel.core import get_global

# Minor units of ISO 4217, list one, where they are not two digits. Not the CLDR's, which says how shops round: for
# twenty currencies, such as RSD and LBP, that is fewer digits than amounts have.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``amount`` minor units (cents, yen, fils) of ``currency`` (an ISO 4217 code).

    Amounts of two currencies never meet: that is a ValueError.
    """

    amount: int
    currency: str

    @staticmethod
    def zero(currency: str) -> "Money":
        return Money(0, currency)

    def _other(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._other(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._other(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._other(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._other(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._other(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._other(other)

    def __bool__(self) -> bool:
        return self.amount != 0


@cache
def is_currency(code: str) -> bool:
    """Whether ``code`` is a currency that money can be held in."""
    return code in get_global("all_currencies")


def minor_digits(currency: str) -> int:
    """Decimal digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)
