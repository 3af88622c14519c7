"""The test cards: what each number does, as Stripe documents it (docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """Why a card is refused: Stripe's `code` and `decline_code`, the words shown, the field at fault."""

    code: str
    decline_code: str
    message: str
    param: str | None = None


_DECLINED = "Your card was declined."
_TRY_AGAIN = "An error occurred while processing your card. Try again in a little bit."
_EXCEEDED = "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", _DECLINED),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", _DECLINED),
    "stolen_card": Decline("card_declined", "stolen_card", _DECLINED),
    "card_velocity_exceeded": Decline("card_declined", "card_velocity_exceeded", _EXCEEDED),
    "fraudulent": Decline("card_declined", "fraudulent", _DECLINED),
    "expired_card": Decline("expired_card", "expired_card", "Your card has expired.", "exp_month"),
    "incorrect_cvc": Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "cvc"),
    "processing_error": Decline("processing_error", "processing_error", _TRY_AGAIN),
}
LIVE_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
)
INCORRECT_NUMBER = Decline("incorrect_number", "incorrect_number", "Your card number is incorrect.", "number")
INVALID_MONTH = Decline(
    "invalid_expiry_month", "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
)
INVALID_YEAR = Decline(
    "invalid_expiry_year", "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"
)
INVALID_CVC = Decline("invalid_cvc", "invalid_cvc", "Your card's security code is invalid.", "cvc")


@dataclass(frozen=True)
class Card:
    """A test card and its fate; `refund` is what becomes of refunds: succeeded, pending (settles) or failed later."""

    number: str
    brand: str = "visa"
    decline: str | None = None
    authenticate: bool = False
    dispute: str | None = None
    refund: str = "succeeded"

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("4000056655665556"),
        Card("5555555555554444", "mastercard"),
        Card("2223003122003222", "mastercard"),
        Card("5200828282828210", "mastercard"),
        Card("378282246310005", "amex"),
        Card("371449635398431", "amex"),
        Card("6011111111111117", "discover"),
        Card("3056930009020004", "diners"),
        Card("3566002020360505", "jcb"),
        Card("6200000000000005", "unionpay"),
        Card("4000002760000016"),
        Card("4000008260000000"),
        Card("4000000000000077"),
        Card("4000000000003055"),
        Card("4000000000000002", decline="generic_decline"),
        Card("4000000000009995", decline="insufficient_funds"),
        Card("4000000000009987", decline="lost_card"),
        Card("4000000000009979", decline="stolen_card"),
        Card("4000000000006975", decline="card_velocity_exceeded"),
        Card("4100000000000019", decline="fraudulent"),
        Card("4000000000000069", decline="expired_card"),
        Card("4000000000000127", decline="incorrect_cvc"),
        Card("4000000000000119", decline="processing_error"),
        Card("4000000000000341", decline="generic_decline"),
        Card("4000002500003155", authenticate=True),
        Card("4000002760003184", authenticate=True),
        Card("4000000000003220", authenticate=True),
        Card("4000008400001629", authenticate=True, decline="generic_decline"),
        Card("4000008260003178", authenticate=True, decline="insufficient_funds"),
        Card("4000000000000259", dispute="fraudulent"),
        Card("4000000000002685", dispute="product_not_received"),
        Card("4000000000007726", refund="pending"),
        Card("4000000000005126", refund="failed"),
    )
}
_TOKENS = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "de": "4000002760000016",
    "gb": "4000008260000000",
    "bypassPending": "4000000000000077",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "chargeDeclinedFraudulent": "4100000000000019",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredOnSetup": "4000002500003155",
    "threeDSecureRequired": "4000000000003220",
    "threeDSecureOptional": "4000000000003055",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "pendingRefund": "4000000000007726",
    "refundFail": "4000000000005126",
}


def by_token(token: str) -> Card | None:
    """The card of a test payment method such as `pm_card_visa` or `pm_card_visa_chargeDeclined`."""
    name = token.removeprefix("pm_card_")
    if name == token:
        return None
    number = _TOKENS.get(name) or _TOKENS.get(name.removeprefix("visa_"))
    return CARDS[number] if number else None


def luhn_valid(number: str) -> bool:
    """Whether the check digit of a card number is right."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(digit * 2, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def check(number: str, month: int, year: int, cvc: str | None, this_month: tuple[int, int]) -> Decline | None:
    """What is wrong with the data as typed, before any bank is asked; `this_month` is (year, month)."""
    if not luhn_valid(number):
        return INCORRECT_NUMBER
    if not 1 <= month <= 12:
        return INVALID_MONTH
    if (year, month) < this_month or year > this_month[0] + 50:
        return INVALID_YEAR
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) in (3, 4)):
        return INVALID_CVC
    return None if number in CARDS else LIVE_CARD
