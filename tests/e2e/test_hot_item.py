"""A crowd for a few units, through the edge: each buyer gets an order or a clear refusal, and there are as many orders
as there are units. With --race a thousand for a hundred."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from tests.audited import assert_clean
from tests.e2e.api import Json, Refused, request_id
from tests.e2e.shop import Shop, Stock, Variant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
LATER = (429, 502, 503, 504)
LONGEST_PAUSE_S = 8.0
ANSWER_S = 30.0


@dataclass
class Crowd:
    """Web clients that share nothing but the machine they run on; `asked_again` counts their repeats."""

    client: httpx.AsyncClient
    asked_again: int = 0
    chance: random.Random = field(default_factory=random.Random)

    async def post(self, path: str, body: Json) -> Json:
        """The answer; as long as the shop says "later", the same request is sent again, under the same id."""
        for attempt in range(100):
            answer = await self._answer(path, body)
            if answer is not None:
                if answer.is_error:
                    raise Refused(answer)
                return answer.json()  # type: ignore[no-any-return]
            self.asked_again += 1
            await asyncio.sleep(self.chance.uniform(0.2, min(LONGEST_PAUSE_S, 0.5 * 2**attempt)))
        raise AssertionError(f"{path} was never answered")

    async def _answer(self, path: str, body: Json) -> httpx.Response | None:
        try:
            answer = await self.client.post(path, json=body)
        except httpx.TransportError:
            return None
        return None if answer.status_code in LATER else answer


@asynccontextmanager
async def crowd(shop: Shop) -> AsyncIterator[Crowd]:
    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=shop.url, timeout=ANSWER_S, limits=unlimited, trust_env=False) as client:
        yield Crowd(client)


async def cart_of(people: Crowd, variant: Variant) -> Json:
    """The order request of a guest who has one unit in the cart."""
    cart = await people.post("/api/v1/carts", {"requestId": request_id()})
    line = {"requestId": request_id(), "variantId": variant.id, "quantity": 1}
    cart = await people.post(f"/api/v1/carts/{cart['id']}/items", line)
    return {
        "requestId": request_id(),
        "cartId": cart["id"],
        "cartEtag": cart["etag"],
        "expectedTotal": cart["subtotal"],
        "contact": {"email": f"{uuid.uuid4().hex}@example.com", "displayName": "One of many", "locale": "en"},
        "paymentFlow": "PAYMENT_FLOW_EMBEDDED",
    }


async def outcome(people: Crowd, request: Json) -> Json | Refused:
    """The order, or the refusal of it."""
    try:
        return await people.post("/api/v1/orders", request)
    except Refused as refused:
        return refused


async def test_a_crowd_for_a_few_units_gets_as_many_orders_and_everybody_else_a_clear_refusal(
    shop: Shop, race: bool
) -> None:
    buyers, units = (1000, 100) if race else (100, 10)
    variant = await shop.variant(stock=units)
    began = datetime.now(UTC)
    async with crowd(shop) as people:
        requests = await filled(people, variant, buyers)
        outcomes = await asyncio.gather(*(outcome(people, request) for request in requests))
        refused = [each for each in outcomes if isinstance(each, Refused)]
        assert {(each.status, each.reason) for each in refused} == {(400, "INSUFFICIENT_STOCK")}
        assert all(each.metadata == {variant.sku: "0"} for each in refused)
        ordered = [each["order"]["id"] for each in outcomes if not isinstance(each, Refused)]
        assert (len(set(ordered)), len(ordered), len(refused)) == (units, units, buyers - units)
        assert await shop.stock(variant) == Stock(received=units, free=0, reserved=units, sold=0)
        await assert_answers_stand(people, requests, outcomes)
    print(f"{buyers} buyers, {units} units: {people.asked_again} requests were sent again")
    await assert_clean(shop.stack, began)


async def filled(people: Crowd, variant: Variant, buyers: int) -> list[Json]:
    """The order requests of so many guests; carts are filled a few at a time, for they are not what is raced for."""
    few = asyncio.Semaphore(20)

    async def one() -> Json:
        async with few:
            return await cart_of(people, variant)

    return await asyncio.gather(*(one() for _ in range(buyers)))


async def assert_answers_stand(people: Crowd, requests: list[Json], outcomes: list[Json | Refused]) -> None:
    """Some of the requests once more, after the rush: what was said is said again."""
    for number in random.sample(range(len(requests)), 20):
        again, before = await outcome(people, requests[number]), outcomes[number]
        if isinstance(before, Refused):
            assert isinstance(again, Refused)
            assert again.body == before.body
        else:
            assert again == before
