"""Who makes the load: readers, who look at the shop, and buyers, each of whom buys one thing as a guest.

Whoever is called makes one request. A buyer whose request failed gives up, as nobody knows what became of it: the
shop itself must leave nothing in the middle, which is for the audit to see.
"""

import asyncio
import heapq
import itertools
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from tests.cluster.load.client import Client, Json
from tests.cluster.load.report import Report

PAGE = 20
FIRST_LOOK_S, LONGEST_PAUSE_S = 1.0, 8.0
ASK_AGAIN_S = 0.5
CONFIRMED = "ORDER_STATE_CONFIRMED"
CARD = {"card_number": "4242424242424242", "card_expiry": "12/40", "card_cvc": "123", "card_name": "Ada Lovelace"}


class EmptyShopError(Exception):
    """Nothing can be read or bought."""


@dataclass
class Goods:
    """What readers look at and buyers buy: of the products some are in stock."""

    products: list[Json]
    variants: list[str]
    categories: list[str]
    cart: str

    @classmethod
    async def of(cls, client: Client, *, buyable: bool = True) -> "Goods":
        """Looked up before the load begins; EmptyShopError where there is nothing to buy but somebody shall."""
        page = await client.ask("GET", "/api/v1/products?pageSize=100")
        categories = await client.ask("GET", "/api/v1/categories")
        cart = await client.ask("POST", "/api/v1/carts", {"requestId": str(uuid.uuid4())})
        if page is None or categories is None or cart is None or not page.get("products"):
            raise EmptyShopError("the shop has no products, or doesn't answer")
        products: list[Json] = page["products"]
        variants = [each for product in products for each in product["variants"] if int(each.get("stock", 0)) > 0]
        variants.sort(key=lambda each: -int(each["stock"]))
        if buyable and not variants:
            raise EmptyShopError("no product is in stock")
        most = [each["id"] for each in variants[: max(1, len(variants) // 2)]]
        return cls(products, most, [each["id"] for each in categories.get("categories", [])], cart["id"])


class Readers:
    """Lists, further pages, products, categories and a cart, by turns at random."""

    def __init__(self, client: Client, goods: Goods, chance: random.Random) -> None:
        self._client, self._goods, self._chance = client, goods, chance
        self._next_page = ""

    async def act(self) -> None:
        """One request."""
        ways: list[Callable[[], Awaitable[object]]] = [
            self._product,
            self._by_slug,
            self._first_page,
            self._further_page,
            self._category,
            self._cart,
        ]
        await self._chance.choices(ways, weights=(6, 4, 4, 3, 2, 4))[0]()

    async def _product(self) -> None:
        await self._client.send("GET", f"/api/v1/products/{self._chance.choice(self._goods.products)['id']}")

    async def _by_slug(self) -> None:
        await self._client.send("GET", f"/api/v1/products/by-slug/{self._chance.choice(self._goods.products)['slug']}")

    async def _first_page(self) -> None:
        page = await self._client.send("GET", f"/api/v1/products?pageSize={PAGE}")
        self._next_page = (page or {}).get("nextPageToken", "")

    async def _further_page(self) -> None:
        token = f"&pageToken={self._next_page}" if self._next_page else ""
        page = await self._client.send("GET", f"/api/v1/products?pageSize={PAGE}{token}")
        self._next_page = (page or {}).get("nextPageToken", "")

    async def _category(self) -> None:
        category = f"&categoryId={self._chance.choice(self._goods.categories)}" if self._goods.categories else ""
        await self._client.send("GET", f"/api/v1/products?pageSize={PAGE}{category}")

    async def _cart(self) -> None:
        await self._client.send("GET", f"/api/v1/carts/{self._goods.cart}")


@dataclass
class Buyer:
    """One purchase: cart, item, order and payment, then a look now and then until the order is confirmed."""

    client: Client
    report: Report
    variant: str
    stripe: str
    name: str = field(default_factory=lambda: f"load-{uuid.uuid4().hex[:12]}")
    cart: Json = field(default_factory=dict)
    order_id: str = ""
    proof: dict[str, str] = field(default_factory=dict)
    pause_s: float = FIRST_LOOK_S

    async def act(self) -> float | None:
        """The next request; seconds until the one after it, or None where it was the last."""
        if not self.cart:
            return await self._open_cart()
        if not self.cart.get("items"):
            return await self._add()
        if not self.order_id:
            return await self._place()
        return await self._look()

    async def confirm(self) -> None:
        """Asks, outside of the load, until the order is confirmed."""
        while not self._seen(await self.client.ask("GET", f"/api/v1/orders/{self.order_id}", headers=self.proof)):
            await asyncio.sleep(ASK_AGAIN_S)

    async def _open_cart(self) -> float | None:
        self.cart = await self.client.send("POST", "/api/v1/carts", {"requestId": str(uuid.uuid4())}) or {}
        return 0.0 if self.cart else None

    async def _add(self) -> float | None:
        body = {"requestId": str(uuid.uuid4()), "variantId": self.variant, "quantity": 1}
        self.cart = await self.client.send("POST", f"/api/v1/carts/{self.cart['id']}/items", body) or {}
        return 0.0 if self.cart else None

    async def _place(self) -> float | None:
        body = {
            "requestId": str(uuid.uuid4()),
            "cartId": self.cart["id"],
            "cartEtag": self.cart["etag"],
            "expectedTotal": self.cart["subtotal"],
            "contact": {"email": f"{self.name}@example.com", "displayName": self.name, "locale": "en"},
            "paymentFlow": "PAYMENT_FLOW_HOSTED",
            "successUrl": "http://localhost:8080/thanks?{ORDER_ID}",
            "cancelUrl": "http://localhost:8080/back?{ORDER_ID}",
        }
        placed = await self.client.send("POST", "/api/v1/orders", body)
        if placed is None:
            return None
        self.order_id, self.proof = placed["order"]["id"], {"x-order-token": placed["orderToken"]}
        self.report.placed.append(self.order_id)
        self.report.unconfirmed[self.order_id] = "PLACED"
        return await self._pay(placed["checkoutUrl"])

    async def _pay(self, page: str) -> float | None:
        """Pays at the address that is given for the stand-in, wherever the shop says that it is."""
        place = urlsplit(self.stripe)
        page = urlunsplit(urlsplit(page)._replace(scheme=place.scheme, netloc=place.netloc)) if self.stripe else page
        if await self.client.pay(page, {"email": f"{self.name}@example.com", **CARD}) is None:
            self.report.unpaid.append(self.order_id)
            del self.report.unconfirmed[self.order_id]
            return None
        return self.pause_s

    async def _look(self) -> float | None:
        """Whatever comes of a look, the order is looked at again until it is confirmed."""
        seen = self._seen(await self.client.send("GET", f"/api/v1/orders/{self.order_id}", headers=self.proof))
        self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
        return None if seen else self.pause_s

    def _seen(self, order: Json | None) -> bool:
        """Takes down the order's state; whether it is confirmed."""
        if order is not None and order["state"] == CONFIRMED:
            self.report.confirmed.append(self.order_id)
            del self.report.unconfirmed[self.order_id]
            return True
        if order is not None:
            self.report.unconfirmed[self.order_id] = order["state"].removeprefix("ORDER_STATE_")
        return False


class Buyers:
    """Whose turn it is: the purchase whose next step is due the longest, or a new one."""

    def __init__(self, client: Client, goods: Goods, report: Report, stripe: str, chance: random.Random) -> None:
        self._client, self._goods, self._report, self._stripe, self._chance = client, goods, report, stripe, chance
        self._waiting: list[tuple[float, int, Buyer]] = []
        self._numbers = itertools.count()

    async def act(self) -> None:
        """One request."""
        due = bool(self._waiting) and self._waiting[0][0] <= time.monotonic()
        buyer = heapq.heappop(self._waiting)[2] if due else self._new()
        pause_s = await buyer.act()
        if pause_s is not None:
            heapq.heappush(self._waiting, (time.monotonic() + pause_s, next(self._numbers), buyer))

    async def settle(self, within_s: float) -> None:
        """Waits for the confirmation of every order that was paid; at most so long, all in all."""
        ordered = [buyer for _, _, buyer in self._waiting if buyer.order_id]
        try:
            async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
                for buyer in ordered:
                    group.create_task(buyer.confirm())
        except TimeoutError:
            return

    def _new(self) -> Buyer:
        return Buyer(self._client, self._report, self._chance.choice(self._goods.variants), self._stripe)
