"""Somebody who buys: a guest, or a customer who is logged in."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Self

from tests.e2e.api import Api, Json, Refused, request_id
from tests.e2e.shop import PASSWORD, Shop, Variant
from tests.waiting import eventually

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
POOR_CARD = "4000000000009995"
HOSTED, EMBEDDED = "PAYMENT_FLOW_HOSTED", "PAYMENT_FLOW_EMBEDDED"


@dataclass(frozen=True)
class Purchase:
    """What PlaceOrder answered, and the request that it answered to."""

    answer: Json
    request: Json
    trace_id: str

    @property
    def id(self) -> str:
        return str(self.answer["order"]["id"])

    @property
    def confirmed(self) -> str:
        """The subject of the e-mail that confirms it."""
        return f"Your order {self.id} is confirmed"

    @property
    def invoiced(self) -> str:
        """The subject of the e-mail that carries its invoice."""
        return f"Your invoice for order {self.id}"

    @property
    def declined(self) -> str:
        """The subject of the e-mail that a payment was declined."""
        return f"Your payment for order {self.id} was declined"

    @property
    def refunded(self) -> str:
        """The subject of the e-mail that money goes back."""
        return f"Your refund for order {self.id}"

    @property
    def proof(self) -> dict[str, str]:
        """The header by which a guest proves the order."""
        return {"x-order-token": self.answer["orderToken"]}


@dataclass
class Shopper:
    """One web client with one cart; use it as an async context manager."""

    shop: Shop
    name: str = field(default_factory=lambda: f"shopper-{uuid.uuid4().hex[:12]}")
    cart_path: str = ""
    cart_id: str = ""
    user: Json = field(default_factory=dict)
    session: Json = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self.api = Api(self.url or self.shop.url)

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.api.close()

    async def open_cart(self) -> str:
        """A guest's new cart; its id."""
        cart = await self.api.post("/api/v1/carts", {"requestId": request_id()})
        self.cart_id, self.cart_path = cart["id"], f"/api/v1/carts/{cart['id']}"
        return self.cart_id

    async def register(self) -> Self:
        """Makes a log-in and uses it; from now on the cart is the customer's own."""
        body = {"email": self.email, "password": PASSWORD, "displayName": self.name, "locale": "en"}
        self.user = await self.api.post("/api/v1/users", body)
        return await self.log_in()

    async def log_in(self) -> Self:
        self.session = await self.api.post("/api/v1/sessions", {"email": self.email, "password": PASSWORD})
        self.api.token = self.session["accessToken"]
        self.cart_id, self.cart_path = "", "/api/v1/me/cart"
        return self

    async def add(self, variant: Variant, quantity: int = 1) -> Json:
        """Puts units into the cart; the cart."""
        if not self.cart_path:
            await self.open_cart()
        body = {"requestId": request_id(), "variantId": variant.id, "quantity": quantity}
        return await self.api.post(f"{self.cart_path}/items", body)

    async def cart(self) -> Json:
        return await self.api.get(self.cart_path)

    async def quantities(self) -> dict[str, int]:
        """Units in the cart by variant id."""
        return {each["variantId"]: each["quantity"] for each in (await self.cart())["items"]}

    async def place(
        self, flow: str = HOSTED, headers: dict[str, str] | None = None, request: Json | None = None, **changes: Any
    ) -> Purchase:
        """Orders what is in the cart, at the total that it shows; `changes` replace fields of the request,
        `request` all of it."""
        request = request or {**await self.order_request(flow), **changes}
        answer = await self.api.send("POST", "/api/v1/orders", headers, json=request)
        return Purchase(answer.json(), request, answer.headers["x-trace-id"])

    async def order_request(self, flow: str = HOSTED) -> Json:
        """The request to order what is in the cart."""
        cart = await self.cart()
        back = {"successUrl": f"{self.shop.url}/thanks?{{ORDER_ID}}", "cancelUrl": f"{self.shop.url}/back?{{ORDER_ID}}"}
        return {
            "requestId": request_id(),
            "cartId": self.cart_id,
            "cartEtag": cart["etag"],
            "expectedTotal": cart["subtotal"],
            "contact": {"email": self.email, "displayName": self.name, "locale": "en"},
            "paymentFlow": flow,
            **(back if flow == HOSTED else {}),
        }

    async def buy(self, variant: Variant, quantity: int = 1, flow: str = HOSTED) -> Purchase:
        """Cart and order at once; not yet paid."""
        await self.add(variant, quantity)
        return await self.place(flow)

    async def pay(self, purchase: Purchase, card: str = GOOD_CARD) -> Json:
        """Sends the hosted page's form."""
        return await self.shop.stripe.pay(purchase.answer["checkoutUrl"], card, self.email)

    async def confirm(self, purchase: Purchase, method: str = "pm_card_visa") -> Json:
        """What the provider's form does in a browser: confirms the intent by its client secret."""
        config = await self.api.get("/api/v1/payment-config")
        secret = purchase.answer["clientSecret"]
        intent = secret.partition("_secret_")[0]
        form = {"key": config["publishableKey"], "client_secret": secret, "payment_method": method}
        url = f"{self.shop.stripe_url}/v1/payment_intents/{intent}/confirm"
        return (await self.shop.web.post(url, data=form)).json()  # type: ignore[no-any-return]

    async def order(self, purchase: Purchase) -> Json:
        return (await self.api.send("GET", f"/api/v1/orders/{purchase.id}", purchase.proof)).json()  # type: ignore[no-any-return]

    async def payment(self, purchase: Purchase) -> Json:
        path = f"/api/v1/orders/{purchase.id}/payment"
        return (await self.api.send("GET", path, purchase.proof)).json()  # type: ignore[no-any-return]

    async def verify(self, purchase: Purchase) -> Json:
        return await self.api.post(f"/api/v1/orders/{purchase.id}/payment:verify", {}, purchase.proof)

    async def cancel(self, purchase: Purchase, reason: str = "changed my mind") -> Json:
        body = {"requestId": request_id(), "reason": reason}
        return await self.api.post(f"/api/v1/orders/{purchase.id}:cancel", body, purchase.proof)

    async def watch(self, purchase: Purchase, last_event_id: str = "") -> AsyncIterator[tuple[str, str, Json]]:
        """The order's server-sent events: id, type, data; comments are left out."""
        headers = purchase.proof | ({"last-event-id": last_event_id} if last_event_id else {})
        async with self.api.stream(f"/api/v1/orders/{purchase.id}:watch", headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            event: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    event[name] = value
                elif "data" in event:
                    yield event.get("id", ""), event["event"], json.loads(event["data"])
                    event = {}

    async def until(self, purchase: Purchase, state: str, within_s: float = 30.0) -> Json:
        """The order once it is in this state; a shop that is away for a moment is asked again."""

        async def look() -> Json | None:
            try:
                order = await self.order(purchase)
            except Refused as refused:
                if refused.status in (503, 504):
                    return None
                raise
            return order if order["state"] == f"ORDER_STATE_{state}" else None

        return await eventually(look, f"{purchase.id} to be {state}", within_s)

    async def mails(self, subject: str) -> list[EmailMessage]:
        """The shopper's e-mails of this subject, the oldest first."""
        return [mail for mail in await self.shop.mailbox.to(self.email) if mail["Subject"] == subject]

    async def mail(self, subject: str, within_s: float = 30.0) -> EmailMessage:
        """The one e-mail of this subject, once it came; a second copy of it would carry the same Message-ID."""
        found = await eventually(lambda: self.mails(subject), f"“{subject}” to {self.email}", within_s)
        assert len({mail["Message-ID"] for mail in found}) == 1, found
        return found[0]


def text_of(mail: EmailMessage) -> str:
    """The plain text part."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


def html_of(mail: EmailMessage) -> str:
    """The HTML part."""
    part = mail.get_body(("html",))
    return str(part.get_content()) if part else ""
