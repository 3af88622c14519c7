"""Stripe's minor units, which are not ISO 4217's. Source: docs.stripe.com/currencies."""

from services.chassis.money import Money, minor_digits

ZERO_DECIMAL = (
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THREE_DECIMAL = ("BHD", "JOD", "KWD", "OMR", "TND")


def provider_digits(currency: str) -> int:
    """Decimal digits that Stripe counts in; ISK and UGX have two there although they have no minor unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """The smallest amount that Stripe can express, in our minor units; every other one is a multiple of it."""
    if currency in THREE_DECIMAL:
        return 10
    return _scale(max(0, minor_digits(currency) - provider_digits(currency)))


def to_provider(money: Money) -> int:
    """Stripe's minor units; ValueError where Stripe has no such amount (a three-decimal amount must end in 0)."""
    amount, rest = divmod(money.amount * _scale(provider_digits(money.currency)), _scale(minor_digits(money.currency)))
    if rest or (money.currency in THREE_DECIMAL and amount % 10):
        raise ValueError(f"Stripe cannot express {money}")
    return amount


def from_provider(amount: int, currency: str) -> Money:
    """Our minor units; `currency` in either case. ValueError for a fraction of one, which Stripe does not take either."""
    code = currency.upper()
    ours, rest = divmod(amount * _scale(minor_digits(code)), _scale(provider_digits(code)))
    if rest:
        raise ValueError(f"{amount} {code} is a fraction of the minor unit")
    return Money(ours, code)


def _scale(digits: int) -> int:
    return int(10**digits)
