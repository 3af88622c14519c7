"""Payment over a real database and the Stripe stand-in, with its worker running and the webhook connected."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from google.protobuf.message import Message
from shopmesh.payment.v1 import payment_events_pb2

from deploy.local.stripe.control import Match, StripeControl
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Row, query
from services.chassis.errors import InvalidArgument
from services.chassis.telemetry import span
from services.chassis.worker import Worker
from services.payment import main
from services.payment.api import invoicing, tasks
from services.payment.domain.bill import Bill
from services.payment.domain.payment import Payment, State
from services.payment.main import Core
from services.payment.settings import Settings
from tests import parts
from tests.payment.building import TRACEPARENT, bill
from tests.ports import free_port
from tests.stripe.running import API_KEY, NEXT_SECRET, PUBLISHABLE_KEY, StandIn
from tests.waiting import eventually

_OUTBOX = query("select * from outbox where key = %(key)s order by version")
_NOTICES = query("select id, type, state, event from notices where event::text like '%%' || %(about)s || '%%'")
_TASKS = query("select * from tasks where key like %(key)s || '%%'")
_DUE = query("update tasks set due_time = now() where key like %(key)s || '%%' and lease_id is null")
_OTHER_BODY = query(
    """update attempts set body = convert_to(replace(convert_from(body, 'UTF8'), '"locale":"en"', '"locale":"de"'), 'UTF8')
       where payment_id = %(id)s"""
)
_OBLIGATIONS = query("select cause, fulfil_time from obligations where order_id = %(order_id)s")


class Webhook:
    """Takes what the stand-in delivers, as the edge would, and hands it to the use case."""

    def __init__(self) -> None:
        self.port = free_port()
        self.core: Core | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of HTTP/1.1."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        payload = await reader.readexactly(int(headers["content-length"]))
        status = await self._receive(payload, headers.get("stripe-signature", ""))
        writer.write(f"HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def _receive(self, payload: bytes, signature: str) -> int:
        assert self.core
        try:
            await self.core.notices.receive(payload, signature)
        except InvalidArgument:
            return 400
        return 200


@dataclass
class Shop:
    """One order of a test's own, and what became of its payment."""

    core: Core
    control: StripeControl
    stripe: stripe.StripeClient
    bill: Bill = field(default_factory=bill)

    @property
    def order_id(self) -> str:
        return self.bill.order_id

    @property
    def mine(self) -> Match:
        """Matches this order's requests, objects and events alone."""
        return Match(metadata={"order_id": self.order_id})

    async def create(self) -> Payment:
        """Opens the payment, in a trace that is recorded."""
        with span("place", parent=TRACEPARENT):
            return await self.core.creating.create(self.bill)

    async def payment(self) -> Payment:
        found = await self.core.payments.by_order(self.order_id)
        assert found
        return found

    async def pay(self, number: str = "4242424242424242") -> dict[str, Any]:
        """Pays on the hosted page."""
        attempt = (await self.payment()).payable_attempt
        assert attempt
        return await self.control.pay(attempt.checkout_url, number)

    async def until_state(self, state: State) -> Payment:
        async def reached() -> bool:
            return (await self.payment()).state is state

        await eventually(reached, f"{state}, is {(await self.payment()).state}")
        return await self.payment()

    async def until_events(self, *names: str) -> list[Message]:
        """Waits for events of these types, in their order; returns them."""

        async def told() -> bool:
            return [type(event).__name__ for event in await self.events()] == list(names)

        try:
            await eventually(told, f"events {names}")
        except AssertionError:
            pytest.fail(f"wanted {names}, have {[type(event).__name__ for event in await self.events()]}")
        return await self.events()

    async def events(self) -> list[Message]:
        """What was published, in order."""
        return [_event(row) for row in await self.outbox()]

    async def outbox(self) -> list[Row]:
        return await self._rows(_OUTBOX, key=self.order_id)

    async def notices(self, about: str) -> list[Row]:
        return await self._rows(_NOTICES, about=about)

    async def waiting(self) -> list[Row]:
        """Tasks of this order."""
        return await self._rows(_TASKS, key=self.order_id)

    async def obligations(self) -> list[Row]:
        return await self._rows(_OBLIGATIONS, order_id=ids.uuid_of(self.order_id))

    async def stray_session(self, payment_id: str, amount: int = 2500, currency: str = "eur") -> str:
        """A session that names the payment, made at Stripe without us; the address of its page."""
        metadata = {"payment_id": payment_id, "order_id": self.order_id, "attempt": "1"}
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Towel"}}
        params: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": "http://127.0.0.1/thanks",
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
        }
        return str((await self.stripe.v1.checkout.sessions.create_async(params)).url)

    async def stripe_sessions(self, payment_id: str) -> list[str]:
        """Ids of the sessions at Stripe that name the payment."""
        sessions = (await self.stripe.v1.checkout.sessions.list_async({"limit": 100})).data
        return [
            each.id for each in sessions if each.metadata and each.metadata.to_dict().get("payment_id") == payment_id
        ]

    async def hurry(self) -> None:
        """Makes this order's waiting tasks due now."""
        async with self.core.database.transaction() as tx:
            await tx.execute(_DUE, key=self.order_id)

    async def change_stored_request(self, payment: Payment) -> None:
        """As if a newer release encoded the request otherwise."""
        async with self.core.database.transaction() as tx:
            await tx.execute(_OTHER_BODY, id=ids.uuid_of(payment.id))

    async def until_fulfilled(self, cause: str) -> None:
        async def fulfilled() -> bool:
            return {row["cause"]: bool(row["fulfil_time"]) for row in await self.obligations()}.get(cause, False)

        await eventually(fulfilled, f"the end of {cause}")

    async def _rows(self, wanted: Any, **params: Any) -> list[Row]:
        async with self.core.database.reader() as tx:
            return await tx.all(wanted, **params)


def _event(row: Row) -> Message:
    message: type[Message] = getattr(payment_events_pb2, row["type"].rpartition(".")[2])
    return message.FromString(row["payload"])


@pytest.fixture(scope="session")
def webhook() -> Webhook:
    return Webhook()


@pytest.fixture(scope="session")
def standin(webhook: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A running stand-in that delivers to ``webhook``, signed with two secrets."""
    started = StandIn(tmp_path_factory.mktemp("stripe"), f"http://127.0.0.1:{webhook.port}/webhooks/stripe")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def settings(new_database: Callable[..., str], standin: StandIn) -> Settings:
    values: dict[str, Any] = {
        "database_url": new_database(Path(main.__file__).parent / "migrations"),
        "stripe_api_key": API_KEY,
        "stripe_webhook_secrets": f"whsec_of_before,{NEXT_SECRET}",
        "stripe_publishable_key": PUBLISHABLE_KEY,
        "stripe_api_base": standin.url,
        "stripe_timeout_seconds": 15.0,
    }
    return Settings(**values)


@asynccontextmanager
async def running(settings: Settings, moved: timedelta = timedelta()) -> AsyncIterator[Core]:
    """The use cases, by a clock that is moved."""

    def clock() -> datetime:
        return utc_now() + moved

    made = main.core(settings, clock)
    async with made.database, made.stripe:
        yield made


@pytest.fixture(scope="session")
async def core(settings: Settings, webhook: Webhook) -> AsyncIterator[Core]:
    """The use cases, with their worker running and the webhook connected."""
    async with running(settings) as made:
        webhook.core = made
        handlers = tasks.handlers(made.notices, made.refunding, made.closing, made.reconciling)
        handlers |= invoicing.task_handlers(made.invoicing)
        async with (
            parts.running(Worker(made.database, handlers)),
            await asyncio.start_server(webhook.serve, "127.0.0.1", webhook.port),
        ):
            yield made


@pytest.fixture
async def control(standin: StandIn) -> AsyncIterator[StripeControl]:
    async with StripeControl(standin.url) as opened:
        yield opened


@pytest.fixture
async def official(standin: StandIn) -> AsyncIterator[stripe.StripeClient]:
    """The official client, for what happens at Stripe without us."""
    transport = stripe.HTTPXClient()
    yield stripe.StripeClient(API_KEY, base_addresses={"api": standin.url}, http_client=transport)
    await transport.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
def shop(core: Core, control: StripeControl, official: stripe.StripeClient) -> Shop:
    return Shop(core, control, official)
