"""Following an order live: server-sent events, from the start or from where the last connection ended."""

import pytest

from tests.e2e.api import Refused
from tests.e2e.shop import Shop
from tests.e2e.shopper import Shopper

pytestmark = pytest.mark.stack


async def test_watching_shows_every_change_until_the_order_is_settled(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        states, versions = [], []
        async for event_id, kind, order in guest.watch(purchase):
            assert (kind, event_id) == ("order", order["version"])
            states.append(order["state"])
            versions.append(int(event_id))
            if len(states) == 1:
                await guest.pay(purchase)
        assert (states[0], states[-1]) == ("ORDER_STATE_PLACED", "ORDER_STATE_CONFIRMED")
        assert versions == sorted(set(versions))


async def test_watching_resumes_behind_the_last_event_id(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        seen, *_ = await anext(guest.watch(purchase))
        await guest.pay(purchase)
        confirmed = await guest.until(purchase, "CONFIRMED")
        resumed = [(event_id, order["state"]) async for event_id, _, order in guest.watch(purchase, seen)]
        assert resumed == [(confirmed["version"], "ORDER_STATE_CONFIRMED")]
        assert [event async for event in guest.watch(purchase, confirmed["version"])] == []


async def test_watching_somebody_elses_order_is_refused_before_the_stream_begins(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as owner, Shopper(shop) as other:
        purchase = await owner.buy(variant)
        async with other.api.stream(f"/api/v1/orders/{purchase.id}:watch", {}) as answer:
            await answer.aread()
            assert answer.status_code == 404
            assert Refused(answer).reason == "ORDER_NOT_FOUND"


async def test_a_customer_watches_by_their_token(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as customer:
        await customer.register()
        purchase = await customer.buy(variant)
        async with customer.api.stream(f"/api/v1/orders/{purchase.id}:watch", {}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert await anext(answer.aiter_lines()) == "id: 1"
