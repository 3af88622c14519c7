"""A guest of the shop, through the REST edge alone."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx

from ops.errors import Refused

Json = dict[str, Any]
T = TypeVar("T")
AWAY = frozenset({429, 502, 503, 504})
"""Answers of a shop that is not there for the moment."""
PAGES = 10
TEST_CARD = "pm_card_visa"
"""A payment method of Stripe's test mode, which its live mode does not know."""


class Guest:
    """One guest; ``seconds`` bounds each of its waits."""

    def __init__(self, client: httpx.Client, seconds: float, pause: float = 0.5) -> None:
        """``client`` speaks to the edge."""
        self._client, self._seconds, self._pause = client, seconds, pause
        self._away = ""

    def wait_for_catalogue(self) -> Json:
        """The first page of products, once the shop answers."""

        def look() -> Json | None:
            try:
                return self.call("GET", "/api/v1/products?pageSize=50")
            except ShopAway:
                return None

        return self._until("the catalogue cannot be read", look)

    def in_stock(self, page: Json) -> Json | None:
        """The first variant that can be bought, on this page of products and the next ones."""
        found = (variant for products in self._pages(page) for variant in _variants(products))
        return next(found, None)

    def _pages(self, page: Json) -> Iterator[list[Json]]:
        for _ in range(PAGES):
            yield page.get("products", [])
            if not (token := page.get("nextPageToken")):
                return
            page = self.call("GET", f"/api/v1/products?pageSize=50&pageToken={token}")

    def publishable_key(self) -> str:
        """The key that browsers are given."""
        return str(self.call("GET", "/api/v1/payment-config").get("publishableKey", ""))

    def fill_cart(self, variant: Json) -> Json:
        """A new cart with one unit."""
        cart = self.call("POST", "/api/v1/carts", {"requestId": _request_id()})
        item = {"requestId": _request_id(), "variantId": variant["id"], "quantity": 1}
        return self.call("POST", f"/api/v1/carts/{cart['id']}/items", item)

    def place(self, cart: Json, email: str) -> Json:
        """The order, to be paid in an embedded form: its answer has the client secret."""
        order = {
            "requestId": _request_id(),
            "cartId": cart["id"],
            "cartEtag": cart["etag"],
            "expectedTotal": cart["subtotal"],
            "contact": {"email": email, "displayName": "Smoke test", "locale": "en"},
            "paymentFlow": "PAYMENT_FLOW_EMBEDDED",
        }
        return self.call("POST", "/api/v1/orders", order)

    def pay(self, placed: Json, stripe_url: str, key: str) -> None:
        """Confirms the payment intent at Stripe as the form in a browser does, with a card of the test mode."""
        intent, _, _ = str(placed["clientSecret"]).partition("_secret_")
        form = {"client_secret": placed["clientSecret"], "payment_method": TEST_CARD}
        url = f"{stripe_url}/v1/payment_intents/{intent}/confirm"
        answer = httpx.post(url, data=form | {"key": key}, timeout=self._client.timeout, trust_env=False)
        if answer.is_error or answer.json().get("status") != "succeeded":
            raise Refused(f"{url} answered {answer.status_code}: {answer.text[:300]}")

    def wait_for_confirmation(self, placed: Json) -> None:
        """Returns once the order is CONFIRMED; an end of another kind is refused at once."""

        def look() -> bool:
            state = self.state(placed)
            if state not in {"PLACED", "PAID", "CONFIRMED"}:
                raise Refused(f"order {placed['order']['id']} is {state}, not CONFIRMED")
            return state == "CONFIRMED"

        self._until(f"order {placed['order']['id']} is not CONFIRMED", look)

    def state(self, placed: Json) -> str:
        """Of the order, as PLACED; what cannot be asked just now counts as PLACED."""
        proof = {"x-order-token": placed["orderToken"]}
        try:
            order = self.call("GET", f"/api/v1/orders/{placed['order']['id']}", headers=proof)
        except ShopAway:
            return "PLACED"
        return str(order["state"]).removeprefix("ORDER_STATE_")

    def call(self, verb: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        """One request; ShopAway where nobody answers for the moment, Refused where the answer is an error."""
        try:
            answer = self._client.request(verb, path, json=body, headers=headers)
        except httpx.TransportError as error:
            self._away = f"{verb} {path}: {error!r}"
            raise ShopAway(self._away) from error
        said = f"{verb} {path} answered {answer.status_code}: {answer.text[:300]}"
        if answer.status_code in AWAY:
            self._away = said
            raise ShopAway(said)
        if answer.is_error:
            raise Refused(said)
        try:
            found: Json = answer.json()
        except ValueError as error:
            raise Refused(f"{said} (which is not JSON: is this the shop's edge?)") from error
        return found

    def _until(self, failure: str, look: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + self._seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                last = f"; last: {self._away}" if self._away else ""
                raise Refused(f"{failure} within {self._seconds:.0f} s{last}")
            time.sleep(self._pause)
        return found


class ShopAway(Refused):
    """Nobody answers for the moment."""


def _variants(products: list[Json]) -> Iterator[Json]:
    return (each for product in products for each in product.get("variants", ()) if int(each.get("stock", 0)) > 0)


def _request_id() -> str:
    return str(uuid.uuid4())
