"""The journeys: what a patient client does, whatever dies meanwhile, and what must be true in the end."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from services.chassis import ids
from services.notify.domain.deliveries import ORDER_SUBJECTS
from tests.chaos.kills import WITHIN_S, insisting
from tests.e2e.api import Api, Json, cents, request_id
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually

UNITS = 2


class TracedApi(Api):
    """A web client whose every request belongs to one trace, which nobody samples."""

    def __init__(self, url: str, trace: str) -> None:
        super().__init__(url)
        self._trace = trace

    def headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return {"traceparent": f"00-{self._trace}-{secrets.token_hex(8)}-00"} | super().headers(more)


@dataclass
class Buyer(Shopper):
    """A guest who repeats the same request while the shop is away for a moment; `trace` is the whole journey's."""

    trace: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.api = TracedApi(self.shop.url, self.trace)

    async def orders(self, variant: Variant) -> Purchase:
        """A cart, its lines, and the order."""
        opening, adding = {"requestId": request_id()}, {"requestId": request_id()}
        cart = await insisting(lambda: self.api.post("/api/v1/carts", opening), "a cart")
        self.cart_id, self.cart_path = cart["id"], f"/api/v1/carts/{cart['id']}"
        line = adding | {"variantId": variant.id, "quantity": UNITS}
        await insisting(lambda: self.api.post(f"{self.cart_path}/items", line), "the line")
        request = await self.order_request()
        return await insisting(lambda: self.place(request=request), "the order")

    async def cart(self) -> Json:
        """The last look at it is of this trace too, so that its service may die then."""
        return await insisting(super().cart, "the cart")

    async def pays(self, purchase: Purchase) -> None:
        await insisting(lambda: self.pay(purchase), "the payment page")

    async def cancels(self, purchase: Purchase) -> None:
        body = {"requestId": request_id(), "reason": "changed my mind"}
        path = f"/api/v1/orders/{purchase.id}:cancel"
        await insisting(lambda: self.api.post(path, body, purchase.proof), "the cancellation")

    async def becomes(self, purchase: Purchase, state: str) -> None:
        """By the truth itself: a client that asks again and again would be part of the journey."""
        statement = "select order_id from order_streams where order_id = %s and state = %s"

        async def look() -> bool:
            return bool(await self.shop.row("order", statement, ids.uuid_of(purchase.id), state))

        await eventually(look, f"{purchase.id} to be {state}", WITHIN_S)

    async def sees_refund(self, purchase: Purchase) -> None:
        statement = "select id from deliveries where recipient = %s and template = 'order_refunded'"

        async def look() -> bool:
            return bool(await self.shop.row("notify", statement, self.email))

        await eventually(look, f"the refund of {purchase.id}", WITHIN_S)


Go = Callable[[Shop, Buyer, Purchase], Awaitable[None]]


@dataclass(frozen=True)
class Journey:
    """`go` leads from the placed order to its `state`. In the end the price was captured where it is `charged`, that of
    `refunded` units went back, and exactly the e-mails of the templates `mails` were sent."""

    name: str
    go: Go
    state: str
    charged: bool
    refunded: int
    mails: tuple[str, ...]

    @property
    def sold(self) -> int:
        """Units that leave the stock."""
        return UNITS if self.state == "CONFIRMED" else 0

    def subjects(self, purchase: Purchase) -> list[str]:
        """Of the e-mails."""
        return [ORDER_SUBJECTS[template].format(subject_id=purchase.id) for template in self.mails]


async def purchase(_: Shop, buyer: Buyer, bought: Purchase) -> None:
    await buyer.pays(bought)
    await buyer.becomes(bought, "CONFIRMED")


async def refund(shop: Shop, buyer: Buyer, bought: Purchase) -> None:
    """The automatic one: a confirmed order is canceled."""
    await purchase(shop, buyer, bought)
    await buyer.cancels(bought)
    await buyer.sees_refund(bought)


async def staff_refund(shop: Shop, buyer: Buyer, bought: Purchase) -> None:
    """A confirmed order stays one, and staff give the price of one unit back."""
    await purchase(shop, buyer, bought)
    (line,) = bought.answer["order"]["lines"]
    lines = [{"variantId": line["variantId"], "quantity": 1}]
    body = {"requestId": request_id(), "reason": "it came broken", "lines": lines}
    path = f"/api/v1/orders/{bought.id}/payment:refund"
    await insisting(lambda: shop.staff.post(path, body, buyer.api.headers(None)), "the refund")
    await buyer.sees_refund(bought)


async def cancellation(_: Shop, buyer: Buyer, bought: Purchase) -> None:
    await buyer.cancels(bought)
    await buyer.becomes(bought, "CANCELED")


async def expiry(shop: Shop, buyer: Buyer, bought: Purchase) -> None:
    await shop.make_due("order", "deadline", bought.id)
    await buyer.becomes(bought, "EXPIRED")


def total(placed: Json) -> int:
    """What the placed order costs, in cents."""
    return cents(placed["order"]["totals"]["total"])


SOLD = ("order_confirmed", "invoice_issued")
GIVEN_BACK = ("order_refunded", "credit_note_issued")
JOURNEYS = {
    each.name: each
    for each in (
        Journey("purchase", purchase, "CONFIRMED", charged=True, refunded=0, mails=SOLD),
        Journey("refund", refund, "CANCELED", charged=True, refunded=UNITS, mails=SOLD + GIVEN_BACK),
        Journey("staff-refund", staff_refund, "CONFIRMED", charged=True, refunded=1, mails=SOLD + GIVEN_BACK),
        Journey("cancellation", cancellation, "CANCELED", charged=False, refunded=0, mails=()),
        Journey("expiry", expiry, "EXPIRED", charged=False, refunded=0, mails=()),
    )
}
