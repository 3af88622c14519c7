"""Stripe's rules for amounts: minor units, smallest charge, largest charge.

Source: docs.stripe.com/currencies. They differ from ISO 4217 on purpose (ISK and UGX count two decimals).
"""

from __future__ import annotations

from .errors import invalid
from .params import words

SUPPORTED = frozenset(
    words(
        "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad"
        " cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd"
        " hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl"
        " mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg"
        " qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah"
        " ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw"
    )
)
ZERO_DECIMAL = frozenset(words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"))
THREE_DECIMAL = frozenset(words("bhd jod kwd omr tnd"))
WHOLE_UNITS_ONLY = frozenset(("isk", "ugx"))

SMALLEST = {
    "aed": 200,
    "aud": 50,
    "bgn": 100,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
LARGEST = 99_999_999


def decimals(currency: str) -> int:
    """How many decimals an amount in this currency has at Stripe."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def display(amount: int, currency: str) -> str:
    """The amount for people, such as `12.50 EUR`."""
    places = decimals(currency)
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"


def check_currency(currency: str, param: str) -> str:
    """Return the lower-case code; raise for one that Stripe does not take."""
    code = currency.lower()
    if code not in SUPPORTED:
        raise invalid(f"Invalid currency: {code}.", param)
    return code


def check_granularity(amount: int, currency: str, param: str) -> None:
    """Raise where the amount has more precision than the currency's rule allows."""
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Invalid amount: {amount}. In {currency.upper()} the last digit must be 0.",
            param,
            "parameter_invalid_integer",
        )
    if currency in WHOLE_UNITS_ONLY and amount % 100:
        raise invalid(
            f"Invalid amount: {amount}. In {currency.upper()} the last two digits must be 0.",
            param,
            "parameter_invalid_integer",
        )


def check_charge(amount: int, currency: str, param: str) -> None:
    """Raise where a charge of this amount is too small, too large or too precise."""
    check_granularity(amount, currency, param)
    smallest = SMALLEST.get(currency, 1)
    if amount < smallest:
        raise invalid(f"Amount must be at least {display(smallest, currency)}", param, "amount_too_small")
    if amount > LARGEST:
        raise invalid(f"Amount must be no more than {display(LARGEST, currency)}", param, "amount_too_large")
