"""`make demo`: buys something as a web client would, through the REST edge alone, and shows where the time went.

Each step prints its own time. The purchase is proved from outside: the order's state by the API, the e-mail in the
mailbox, and one trace, from the browser's request to the e-mail, in the trace viewer.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import httpx

from deploy.local import addresses
from deploy.local.accounts import Account, accounts
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES, Installation
from deploy.local.progress import table
from deploy.local.viewers import Mailbox, TraceViewer

CARD = {"card_number": "4242424242424242", "card_expiry": "12/34", "card_cvc": "123", "card_name": "Cleo Customer"}
NEEDED = ("STRIPE_API_KEY", "SMTP_URL", "OTEL_EXPORTER_OTLP_ENDPOINT")
TRACED = frozenset(SERVICES) - {"auth"} | {"edge"}
Json = dict[str, Any]
T = TypeVar("T")


def run(installation: Installation) -> None:
    """One purchase in the running shop; raises StackError naming the step that failed."""
    if own := sorted(name for name in NEEDED if name in installation.overrides):
        raise StackError(
            f"the demo pays, reads mail and traces on the stack's own parts; yours are set: {', '.join(own)}"
        )
    with httpx.Client(base_url=addresses.public(installation), timeout=10, trust_env=False) as client:
        Demo(installation, client).run()


class Purchase:
    """One purchase, step by step, in whatever shop the edge belongs to."""

    def __init__(self, customer: Account, edge: str, client: httpx.Client) -> None:
        """`client` speaks to the edge; its headers are given the customer's token."""
        self._customer, self._edge, self._client = customer, edge, client

    def log_in(self) -> None:
        """The token goes with every later request."""
        body = {"email": self._customer.email, "password": self._customer.password}
        session = self.call("POST", "/api/v1/sessions", body).json()
        self._client.headers["authorization"] = f"Bearer {session['accessToken']}"

    def choose(self) -> tuple[Json, Json]:
        """The first product with a variant in stock, and that variant."""
        products = self.call("GET", "/api/v1/products?pageSize=50").json()["products"]
        in_stock = ((each, variant) for each in products for variant in each["variants"] if int(variant["stock"]) > 0)
        chosen = next(in_stock, None)
        if chosen is None:
            raise StackError("no product is in stock: `make reset && make up` fills the shop")
        return chosen

    def fill_cart(self, variant: Json) -> Json:
        """The customer's own cart, holding one unit and nothing else."""
        for item in self.call("GET", "/api/v1/me/cart").json()["items"]:
            self.call("DELETE", f"/api/v1/me/cart/items/{item['variantId']}")
        item = {"requestId": str(uuid.uuid4()), "variantId": variant["id"], "quantity": 1}
        cart: Json = self.call("POST", "/api/v1/me/cart/items", item).json()
        return cart

    def place(self, cart: Json) -> tuple[Json, str]:
        """The answer, with the address of the payment page, and the trace id that the edge gave the request."""
        order = {
            "requestId": str(uuid.uuid4()),
            "cartEtag": cart["etag"],
            "expectedTotal": cart["subtotal"],
            "contact": {"email": self._customer.email, "displayName": self._customer.display_name, "locale": "en"},
            "paymentFlow": "PAYMENT_FLOW_HOSTED",
            "successUrl": f"{self._edge}/docs?order={{ORDER_ID}}",
            "cancelUrl": f"{self._edge}/docs?canceled={{ORDER_ID}}",
        }
        answer = self.call("POST", "/api/v1/orders", order)
        return answer.json(), answer.headers["x-trace-id"]

    def pay(self, checkout_url: str) -> None:
        """Send the hosted page's form with a card that succeeds."""
        form = {"email": self._customer.email, **CARD}
        paid = httpx.post(checkout_url, data=form, headers={"accept": "application/json"}, timeout=10, trust_env=False)
        if paid.is_error:
            raise StackError(f"the payment page answered {paid.status_code}: {paid.text[:300]}")

    def state(self, order_id: str) -> str:
        return str(self.call("GET", f"/api/v1/orders/{order_id}").json()["state"])

    def call(self, verb: str, path: str, body: Json | None = None) -> httpx.Response:
        """One request; an error's text becomes the step's failure."""
        answer = self._client.request(verb, path, json=body)
        if answer.is_error:
            raise StackError(f"{verb} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer


class Demo(Purchase):
    """One purchase by the demo's customer of the local stack, proved from outside."""

    def __init__(self, installation: Installation, client: httpx.Client) -> None:
        """`client` speaks to the edge."""
        super().__init__(accounts(installation)[0], addresses.public(installation), client)
        self._mailbox, self._traces = Mailbox(installation), TraceViewer(installation)
        self._known_spans = 0

    def run(self) -> None:
        """Every step in order; raises StackError naming the one that failed."""
        began = time.monotonic()
        with step("log in"):
            self.log_in()
        with step("choose a product"):
            product, variant = self.choose()
        with step(f"put “{product['title']}” ({variant['sku']}) into the cart"):
            cart = self.fill_cart(variant)
        with step(f"place the order over {money(cart['subtotal'])}"):
            placed, trace_id = self.place(cart)
        with step("pay on the hosted page"):
            self.pay(placed["checkoutUrl"])
        with step(f"order {placed['order']['id']} is CONFIRMED"):
            until("the order isn't confirmed", lambda: self.state(placed["order"]["id"]) == "ORDER_STATE_CONFIRMED")
        with step("the confirmation lies in the mailbox"):
            subject = until("no confirmation by e-mail", lambda: self.confirmation(trace_id))
        click.echo(f"\nbought in {time.monotonic() - began:.2f} s; e-mail to {self._customer.email}: “{subject}”\n")
        with step("the trace reaches from edge to e-mail"):
            spans = until("the trace isn't whole", lambda: self.whole_trace(trace_id), pause=1.5)
        click.echo(f"trace {trace_id}:\n{by_service(spans)}")

    def confirmation(self, trace_id: str) -> str | None:
        """The subject of the confirmation that carries the trace id in its header; the invoice comes by another mail."""
        mine = self._mailbox.messages(self._customer.email)
        subjects = (str(each["Subject"]) for each in mine if each["X-Trace-Id"] == trace_id)
        return next((subject for subject in subjects if "confirmed" in subject), None)

    def whole_trace(self, trace_id: str) -> list[Json] | None:
        """The trace's spans once every service has reported and no more arrive; None until then."""
        spans, known = self._traces.spans(trace_id), self._known_spans
        self._known_spans = len(spans)
        return spans if {service_of(span) for span in spans} >= TRACED and len(spans) == known else None


@contextmanager
def step(what: str) -> Iterator[None]:
    """Prints the step with its time; a failure is raised again under the step's name."""
    began = time.monotonic()
    try:
        yield
    except httpx.ConnectError as error:
        raise StackError(f"FAILED: {what}: {error.request.url} isn't there: `make up` first") from error
    except (StackError, httpx.HTTPError) as error:
        raise StackError(f"FAILED: {what}: {error}") from error
    except (LookupError, ValueError) as error:
        raise StackError(f"FAILED: {what}: the answer isn't as expected: {error!r}") from error
    click.echo(f"{(time.monotonic() - began) * 1000:7.0f} ms  {what}")


def until(failure: str, look: Callable[[], T | None], seconds: float = 30, pause: float = 0.1) -> T:
    """What `look` finds, once it finds something; StackError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(pause)
    raise StackError(f"{failure} within {seconds:.0f} s")


def money(amount: Json) -> str:
    return f"{amount['units']}.{amount.get('nanos', 0) // 10_000_000:02} {amount['currencyCode']}"


def service_of(span: Json) -> str:
    return str(span["localEndpoint"]["serviceName"])


def by_service(spans: list[Json]) -> str:
    """One row per service: how many spans, the first one's start after the request's, and the longest."""
    began = min(span["timestamp"] for span in spans)
    groups: dict[str, list[Json]] = {}
    for span in sorted(spans, key=lambda span: int(span["timestamp"])):
        groups.setdefault(service_of(span), []).append(span)
    rows = [
        (name, str(len(mine)), f"{(mine[0]['timestamp'] - began) / 1000:.0f} ms", longest(mine))
        for name, mine in groups.items()
    ]
    return table(("service", "spans", "first after", "longest"), rows)


def longest(spans: list[Json]) -> str:
    slowest = max(spans, key=lambda span: int(span.get("duration", 0)))
    return f"{slowest.get('name', '')} {slowest.get('duration', 0) / 1000:.1f} ms"
