"""What a payment is for, as the provider shows it to the customer."""

from dataclasses import dataclass
from datetime import datetime

from services.chassis.errors import invalid_field
from services.chassis.money import Money
from services.payment.domain.payment import Flow
from services.payment.domain.provider_money import to_provider


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; `total` is what it costs in the end."""

    variant_id: str
    title: str
    variant_title: str
    image_url: str
    quantity: int
    unit_price: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to tell, and in which language (BCP 47; empty: the shop's own). Personal data, erasable."""

    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True)
class Bill:
    """An order to be paid. `success_url` and `cancel_url` are empty where it is EMBEDDED."""

    order_id: str
    user_id: str
    order_token_hash: bytes
    contact: Contact
    lines: tuple[Line, ...]
    shipping: Money
    total: Money
    flow: Flow
    expire_time: datetime
    success_url: str
    cancel_url: str


def check(bill: Bill, currency: str) -> None:
    """INVALID_ARGUMENT where the bill cannot be paid as it is: wrong currency or sum, no way back from the page."""
    if {m.currency for m in (bill.total, bill.shipping, *(line.total for line in bill.lines))} != {currency}:
        raise invalid_field("totals.total.currency_code", f"the shop's currency is {currency}")
    if sum((line.total for line in bill.lines), bill.shipping) != bill.total:
        raise invalid_field("totals.total", "is not the sum of lines and shipping")
    if bill.flow is Flow.HOSTED and not bill.success_url:
        raise invalid_field("success_url", "is needed for a hosted page")
    try:
        to_provider(bill.total)
    except ValueError as error:
        raise invalid_field("totals.total", str(error)) from error
