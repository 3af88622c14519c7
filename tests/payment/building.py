"""Builders of payments and bills, and what Stripe says of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from services.chassis import ids
from services.chassis.money import Money
from services.payment.domain.bill import Bill, Contact, Line
from services.payment.domain.payment import Attempt, AttemptState, Flow, Kind, Payment, State, Verdict
from services.payment.domain.settlement import Phase, Standing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICE = Money(2500, "EUR")
TOKEN = "ot_test"
TOKEN_HASH = sha256(TOKEN.encode()).digest()
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def attempt(number: int = 1, **given: Any) -> Attempt:
    """A live session."""
    values: dict[str, Any] = {
        "kind": Kind.SESSION,
        "state": AttemptState.LIVE,
        "first_sent_time": NOW,
        "provider_id": f"cs_{number}",
        "intent_id": f"pi_{number}",
        "checkout_url": f"https://pay.example/cs_{number}",
    }
    return Attempt(ids.new("att"), number, **(values | given))


def payment(*attempts: Attempt, **given: Any) -> Payment:
    """A payment of 25.00 EUR, open and with one live session where nothing else is said."""
    values: dict[str, Any] = {
        "id": ids.new("pay"),
        "order_id": ids.new("ord"),
        "user_id": "",
        "order_token_hash": TOKEN_HASH,
        "flow": Flow.HOSTED,
        "amount": PRICE,
        "expire_time": NOW + timedelta(minutes=30),
        "create_time": NOW,
        "update_time": NOW,
        "attempts": attempts or (attempt(),),
    }
    return Payment(**(values | given))


def captured(amount: Money = PRICE, verdict: Verdict = Verdict.COUNTED, **given: Any) -> Attempt:
    """An attempt over which money came."""
    return replace(attempt(**given), state=AttemptState.CAPTURED, captured=amount, verdict=verdict)


def paid(*attempts: Attempt, **given: Any) -> Payment:
    """A payment that succeeded."""
    return payment(*(attempts or (captured(),)), state=State.SUCCEEDED, **given)


def standing(phase: Phase, amount: Money | None = None, **given: Any) -> Standing:
    """What Stripe says of the first session."""
    money = amount or (PRICE if phase is Phase.PAID else None)
    values: dict[str, Any] = {"provider_id": "cs_1", "intent_id": "pi_1", "captured": money}
    return Standing(Kind.SESSION, phase=phase, **(values | given))


def line(title: str = "Linen towel", amount: int = 1250, quantity: int = 2, **given: Any) -> Line:
    """A line of EUR amounts in cents."""
    price = Money(amount, "EUR")
    values: dict[str, Any] = {"variant_id": ids.new("var"), "variant_title": "", "image_url": ""}
    values |= {"unit_price": price, "total": price * quantity}
    return Line(title=title, quantity=quantity, **(values | given))


def bill(flow: Flow = Flow.HOSTED, **given: Any) -> Bill:
    """Two towels for 25.00 EUR, bought by a guest with the order token ``TOKEN``."""
    values: dict[str, Any] = {
        "order_id": ids.new("ord"),
        "user_id": "",
        "order_token_hash": TOKEN_HASH,
        "contact": Contact("ada@shop.example", "Ada", "en"),
        "lines": (line(),),
        "shipping": Money(0, "EUR"),
        "total": PRICE,
        "flow": flow,
        "expire_time": NOW + timedelta(minutes=30),
        "success_url": "http://127.0.0.1:8080/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:8080/cart",
    }
    return Bill(**(values | given))
