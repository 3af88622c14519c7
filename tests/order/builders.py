"""Orders, lines and stream events for tests; every value can be said, none must be."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.chassis import ids
from services.chassis.money import Money
from services.order.domain import events as ev
from services.order.domain.contact import Contact, PostalAddress
from services.order.domain.order import Order, fold
from services.order.domain.totals import Adjustments, Item, price

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEADLINE = timedelta(minutes=30)
ADA = Contact(
    email="ada@example.com",
    display_name="Ada",
    locale="en",
    shipping_address=PostalAddress("AT", "1010", "", "Vienna", ("Ring 1", "Door 4")),
)


def euro(cents: int) -> Money:
    return Money(cents, "EUR")


def an_item(unit_price: int = 1250, quantity: int = 2, **said: Any) -> Item:
    values: dict[str, Any] = {
        "variant_id": ids.new("var"),
        "product_id": ids.new("prod"),
        "sku": "MUG-BLUE",
        "title": "Mug",
        "variant_title": "Blue",
        "image_url": "",
        "quantity": quantity,
        "unit_price": euro(unit_price),
    }
    return Item(**values | said)


def placed(**said: Any) -> ev.Placed:
    lines, totals = price([an_item()], Adjustments.none("EUR"))
    values: dict[str, Any] = {
        "occurred_at": NOW,
        "user_id": "",
        "contact_id": ids.new("con"),
        "cart_id": ids.new("cart"),
        "lines": lines,
        "totals": totals,
        "payment_flow": ev.PaymentFlow.HOSTED,
        "expire_time": NOW + DEADLINE,
        "token_key_id": "k1",
        "token_hash": b"h" * 32,
        "success_url": "http://127.0.0.1:1/ok",
        "cancel_url": "http://127.0.0.1:1/back",
    }
    return ev.Placed(**values | said)


def paid(payment_id: str = "pay_1") -> ev.Paid:
    return ev.Paid(NOW, payment_id, euro(2500))


def an_order(*after_placed: ev.StreamEvent, order_id: str | None = None) -> Order:
    """The order that was placed and then went through these events."""
    order = fold(order_id or ids.new("ord"), [placed(), *after_placed])
    assert order is not None
    return order


PLACED: tuple[ev.StreamEvent, ...] = ()
PAID = (paid(),)
CONFIRMED = (*PAID, ev.Confirmed(NOW))
REJECTED = (*PAID, ev.Rejected(NOW, "INSUFFICIENT_STOCK"))
CANCELED_UNPAID = (ev.CancelRequested(NOW), ev.Canceled(NOW))
CANCELED_PAID = (*PAID, ev.Canceled(NOW))
EXPIRED = (ev.Expired(NOW),)
