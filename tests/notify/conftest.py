"""Messages and deliveries to test with."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money
from pydantic import SecretStr
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered
from shopmesh.common.v1.contact_pb2 import Contact, PostalAddress
from shopmesh.common.v1.totals_pb2 import OrderLine, OrderTotals
from shopmesh.order.v1.order_events_pb2 import OrderConfirmed
from shopmesh.payment.v1.invoice_pb2 import INVOICE_KIND_INVOICE, InvoiceKind
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued, PaymentAttemptDeclined, PaymentRefunded
from shopmesh.payment.v1.payment_pb2 import Decline

from services.chassis import ids
from services.chassis.database import Database
from services.chassis.events import Event
from services.chassis.tasks import Tasks
from services.notify import main
from services.notify.adapters.rendering import Renderer
from services.notify.adapters.repository import PostgresDeliveries
from services.notify.domain.deliveries import Attachment, Delivery, DeliveryState, Message, message_id, subject_of
from services.notify.use_cases import Notifications

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    return new_database(Path(main.__file__).parent / "migrations")


def an_event(data: Any) -> Event[Any]:
    return Event(uuid4(), data.DESCRIPTOR.full_name, "", NOW, "000001.000000000001", "", data)


def a_delivery(message: Message, **given: Any) -> Delivery:
    values: Mapping[str, Any] = {
        "id": ids.new("dlv"),
        "message": message,
        "subject": subject_of(message, "Shopmesh"),
        "message_id": message_id(message, "shop.test"),
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "last_error": "",
        "create_time": NOW,
    }
    return Delivery(**{**values, **given})


def a_renderer() -> Renderer:
    return Renderer(shop_name="Shopmesh", shop_locale="en", time_zone="Europe/Vienna")


def an_address() -> str:
    """An e-mail address that no other test knows."""
    return f"{ids.new('x')}@example.org"


def a_contact(**given: Any) -> Contact:
    address = PostalAddress(country_code="AT", postal_code="1010", city="Wien", lines=["Graben 1", "Top 7"])
    values: dict[str, Any] = {
        "email": an_address(),
        "display_name": "Ada <Lovelace>",
        "locale": "en-GB",
        "shipping_address": address,
    }
    return Contact(**({"shipping_address": address} | values | given))


def euros(units: int, cents: int = 0) -> Money:
    return Money(currency_code="EUR", units=units, nanos=cents * 10_000_000)


def a_time(minutes: int = 0) -> Timestamp:
    proto = Timestamp()
    proto.FromDatetime(NOW + timedelta(minutes=minutes))
    return proto


def registered(**given: str) -> Event[UserRegistered]:
    values: dict[str, Any] = {"user_id": ids.new("usr"), "email": an_address(), "display_name": "Ada", "locale": ""}
    return an_event(UserRegistered(**(values | given)))


def confirmed(contact: Contact | None = None) -> Event[OrderConfirmed]:
    shirt = OrderLine(
        title="Linen <shirt>", variant_title="Blue / L", sku="SHIRT-L", quantity=2,
        unit_price=euros(649, 99), total=euros(1299, 98),
    )  # fmt: skip
    totals = OrderTotals(
        subtotal=euros(1299, 98), discount=euros(0), shipping=euros(4, 90), tax=euros(217, 48), total=euros(1304, 88),
        prices_include_tax=True,
    )  # fmt: skip
    order = OrderConfirmed(order_id=ids.new("ord"), lines=[shirt], totals=totals, contact=contact or a_contact())
    order.confirm_time.CopyFrom(a_time())
    return an_event(order)


def declined(checkout_url: str = "https://pay.test/c?a=1&b=2") -> Event[PaymentAttemptDeclined]:
    decline = Decline(code="insufficient_funds", message="Your card has insufficient funds.")
    payment = PaymentAttemptDeclined(
        order_id=ids.new("ord"), decline=decline, contact=a_contact(), checkout_url=checkout_url, expire_time=a_time(30)
    )
    return an_event(payment)


def refunded(cause: str = "ORDER_REJECTED", of: int = 20, **more: Any) -> Event[PaymentRefunded]:
    payment = PaymentRefunded(
        order_id=ids.new("ord"), amount=euros(20), refunded=euros(of), cause=cause, contact=a_contact(),
        refund_time=a_time(), **more,
    )  # fmt: skip
    return an_event(payment)


def issued(kind: "InvoiceKind" = INVOICE_KIND_INVOICE, **given: Any) -> Event[InvoiceIssued]:
    values: dict[str, Any] = {
        "invoice_id": ids.new("inv"), "order_id": ids.new("ord"), "kind": kind, "number": "INV-2026-000042",
        "total": euros(1304, 88), "contact": a_contact(), "issue_time": a_time(),
    }  # fmt: skip
    return an_event(InvoiceIssued(**(values | given)))


class Mails:
    """A mail server that fails as told, once for each error, and otherwise takes messages."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.taken: list[str] = []
        self.files: list[Attachment] = []

    async def send(self, delivery: Delivery, attachments: Sequence[Attachment]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(delivery.message_id)
        self.files += attachments


class Files:
    """Payment's invoices: it answers with a PDF of what is asked for, or, where told so, not yet."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    async def of(self, message: Message) -> Sequence[Attachment]:
        if self.errors:
            raise self.errors.pop(0)
        invoice_id = message.payload.get("invoice_id", "")
        return (
            [Attachment(f"{message.payload['number']}.pdf", "application/pdf", invoice_id.encode())]
            if invoice_id
            else []
        )


class Alarms:
    """Notes what a person should know."""

    def __init__(self) -> None:
        self.duplicates: list[str] = []
        self.refusals: list[str] = []

    def possible_duplicate(self, delivery: Delivery) -> None:
        self.duplicates.append(delivery.id)

    def refused(self, delivery: Delivery) -> None:
        self.refusals.append(delivery.id)


class TestClock:
    """A clock that ticks with each look, so that deliveries have an order."""

    __test__ = False

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    settings: Any = SimpleNamespace(
        database_url=SecretStr(database_url), database_pool_size=8, database_pgbouncer=False
    )
    async with Database(settings) as opened:
        yield opened


@pytest.fixture
def mails() -> Mails:
    return Mails()


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


@pytest.fixture
def store(database: Database) -> PostgresDeliveries:
    return PostgresDeliveries(database, Tasks())


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def notifications(
    store: PostgresDeliveries, mails: Mails, files: Files, alarms: Alarms, database: Database, clock: TestClock
) -> Notifications:
    names = {"shop_name": "Shopmesh", "mail_domain": "shop.test"}
    return Notifications(store, mails, files, alarms, database, clock, kept=timedelta(days=90), **names)
