"""What `helm test` runs, against a whole shop."""

import asyncio

import pytest

from tests.deploy.test_smoke import smoke
from tests.e2e.shop import Shop

pytestmark = pytest.mark.stack


async def test_it_buys_in_a_shop_with_the_stand_in(shop: Shop) -> None:
    await shop.variant(stock=1)
    said = await asyncio.to_thread(smoke, shop.url, "--must-buy", "--stripe-url", shop.stripe_url)
    assert said.exit_code == 0, said.output
    assert "is CONFIRMED" in said.output


async def test_it_fails_where_stripe_cannot_be_paid_at(shop: Shop) -> None:
    await shop.variant(stock=1)
    said = await asyncio.to_thread(smoke, shop.url, "--must-buy", "--stripe-url", shop.url)
    assert said.exit_code == 1
    assert "FAILED: pay order" in said.output
