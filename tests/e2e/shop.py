"""The running shop of the test stack: its staff, its stores, and the world around it."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Self

import httpx
import psycopg
from psycopg.rows import dict_row

from deploy.local import addresses, databases, environment
from deploy.local.accounts import Account, ensure
from deploy.local.stack import Stack
from deploy.local.stripe.control import Match, StripeControl
from services.chassis import ids
from tests.e2e.api import Api, Json, cents, euro, request_id
from tests.e2e.mailbox import Mailbox
from tests.waiting import eventually

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Stock:
    """Units of a variant, as the catalog's own row has them."""

    received: int
    free: int
    reserved: int
    sold: int


@dataclass(frozen=True)
class Variant:
    """Something to buy."""

    id: str
    product_id: str
    sku: str
    cents: int


class Shop:
    """One per test run; every test makes its own shoppers and products in it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        installation = stack.installation
        self.url = addresses.public(installation)
        self.stripe_url = f"http://{installation.address('stripe')}"
        self.traces_url = f"http://{installation.address('traces')}"
        self.stripe = StripeControl(self.stripe_url)
        self.mailbox = Mailbox(f"http://{installation.address('mail')}")
        self.web = httpx.AsyncClient(timeout=30, trust_env=False)
        self.staff, self.admin = Api(self.url), Api(self.url)
        self._people = {somebody("STAFF"): self.staff, somebody("ADMIN"): self.admin}
        self._stripe_key = environment.stripe(installation).get("STRIPE_API_KEY", "")

    async def __aenter__(self) -> Self:
        async with asyncio.TaskGroup() as group:
            for account in self._people:
                group.create_task(self._employ(account))
        await self.keep_logged_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        async with AsyncExitStack() as stack:
            for close in (self.staff.close, self.admin.close, self.mailbox.close, self.web.aclose):
                stack.push_async_callback(close)
            await stack.enter_async_context(self.stripe)

    async def keep_logged_in(self) -> None:
        """Whoever works here has a token for the next test: a run lasts longer than a token."""
        for account, api in self._people.items():
            if not api.logged_in:
                api.token = await eventually(partial(self._log_in, account), f"a log-in of {account.role}")

    async def _employ(self, account: Account) -> None:
        """Makes somebody who works here, by auth's command."""
        await asyncio.to_thread(ensure, account, self.stack.environment("auth"))

    async def _log_in(self, account: Account) -> str:
        answer = await self.web.post(
            f"{self.url}/api/v1/sessions", json={"email": account.email, "password": account.password}
        )
        return str(answer.json()["accessToken"]) if answer.is_success else ""

    async def variant(self, *, price: int = 1250, stock: int = 100) -> Variant:
        """A new product's only variant, as staff create it."""
        name = uuid.uuid4().hex[:12]
        variant = {"sku": f"SKU-{name}", "prices": [euro(price)], "initialStock": str(stock)}
        product = {"slug": f"teapot-{name}", "title": f"Teapot {name}", "variants": [variant]}
        made = await self.staff.post("/api/v1/products", product, {"idempotency-key": request_id()})
        return variant_of(made)

    async def adjust_stock(self, variant: Variant, delta: int) -> Json:
        """Staff put units in or take free ones away."""
        body = {"requestId": request_id(), "delta": str(delta), "reason": "a test"}
        return await self.staff.post(f"/api/v1/variants/{variant.id}:adjustStock", body)

    async def stock(self, variant: Variant) -> Stock:
        """The variant's row."""
        row = await self.row(
            "catalog",
            "select received, free, reserved, sold from stock where variant_id = %s",
            ids.uuid_of(variant.id),
        )
        assert row
        return Stock(**row)

    async def settled_stock(self, variant: Variant, expected: Stock) -> None:
        """Returns once the variant's stock is as expected."""

        async def look() -> bool:
            return await self.stock(variant) == expected

        await eventually(look, f"{expected} of {variant.sku}")

    async def row(self, service: str, statement: str, *values: object) -> Json | None:
        """The first row of a query on a service's database; a change is committed."""
        return next(iter(await self.rows(service, statement, *values)), None)

    async def rows(self, service: str, statement: str, *values: object) -> list[Json]:
        """The rows of a query on a service's database."""
        url = databases.url(service, self.stack.installation)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=dict_row) as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    async def make_due(self, service: str, kind: str, key: str) -> None:
        """Fires a timer: the task is due now. It must be there."""
        statement = "update tasks set due_time = now() where kind = %s and key = %s and lease_id is null returning key"

        async def look() -> bool:
            return bool(await self.row(service, statement, kind, key))

        await eventually(look, f"a task {kind} of {key}")

    def about(self, order_id: str, type: str | None = None) -> Match:
        """What is about this order at Stripe, for the stand-in's switches; `type` is of events."""
        return Match(type=type, metadata={"order_id": order_id})

    async def from_stripe(self, path: str, **query: str | int) -> Json:
        """A GET of the Stripe API under the shop's own key."""
        answer = await self.web.get(f"{self.stripe_url}{path}", params=query, auth=(self._stripe_key, ""))
        return answer.raise_for_status().json()  # type: ignore[no-any-return]

    async def stray_session(self, order_id: str, payment_id: str, amount: int) -> str:
        """A session that names the order's payment, made at Stripe without the shop; the address of its page."""
        names = {"payment_id": payment_id, "order_id": order_id, "attempt": "1"}
        form = {
            "mode": "payment",
            "success_url": f"{self.url}/thanks",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": str(amount),
            "line_items[0][price_data][product_data][name]": "Stray",
            **{f"metadata[{name}]": value for name, value in names.items()},
            **{f"payment_intent_data[metadata][{name}]": value for name, value in names.items()},
        }
        answer = await self.web.post(f"{self.stripe_url}/v1/checkout/sessions", data=form, auth=(self._stripe_key, ""))
        return str(answer.raise_for_status().json()["url"])

    async def charges(self, order_id: str) -> list[Json]:
        """Every charge that succeeded at Stripe for this order, through whatever intent."""
        charges = [await self.from_stripe("/v1/charges", payment_intent=each) for each in await self.intents(order_id)]
        return [charge for page in charges for charge in page["data"] if charge["status"] == "succeeded"]

    async def intents(self, order_id: str) -> list[str]:
        """Ids of the payment intents at Stripe for this order, the newest first."""
        return [each["id"] for each in await self._made_for(order_id, "/v1/payment_intents")]

    async def sessions(self, order_id: str) -> list[Json]:
        """The Checkout Sessions at Stripe for this order, the newest first."""
        return await self._made_for(order_id, "/v1/checkout/sessions")

    async def _made_for(self, order_id: str, path: str) -> list[Json]:
        return [each for each in await self._listed(path) if each["metadata"].get("order_id") == order_id]

    async def _listed(self, path: str) -> list[Json]:
        """The newest objects of a list; what one test needs is among them."""
        found: list[Json] = []
        page: Json = {"has_more": True}
        while page["has_more"] and len(found) < 300:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = await self.from_stripe(path, limit=100, **after)
            found += page["data"]
        return found

    async def spans(self, trace_id: str) -> list[Json]:
        """The spans of a trace that the viewer has so far, as Zipkin's v2 JSON."""
        answer = await self.web.get(f"{self.traces_url}/api/v2/trace/{trace_id}")
        return [] if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().json()


def somebody(role: str) -> Account:
    """A log-in that no other run has."""
    return Account(role, f"{role.lower()}-{uuid.uuid4().hex[:12]}@example.com", f"{role} of a test", PASSWORD)


def variant_of(product: Json) -> Variant:
    """A product's first variant."""
    first = product["variants"][0]
    return Variant(first["id"], product["id"], first["sku"], cents(first["prices"][0]))
