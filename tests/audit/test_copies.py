"""Copies that were damaged by hand: order's lists in MongoDB, cart's products in Valkey."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from deploy.local import addresses
from services.chassis import ids
from tests.audit.conftest import Bought

pytestmark = pytest.mark.stack


@pytest_asyncio.fixture
async def lists(bought: Bought) -> AsyncIterator[Any]:
    """The copies of orders."""
    async with AsyncMongoClient[dict[str, Any]](addresses.mongo(bought.shop.stack.installation)) as client:
        yield client["shopmesh_order"]["orders"]


@pytest.mark.parametrize(("field", "value"), [("state", "PAID"), ("version", 1), ("order", {})])
async def test_a_copy_in_the_lists_that_differs_is_found(bought: Bought, lists: Any, field: str, value: object) -> None:
    mine = {"_id": bought.purchase.id}
    whole = await lists.find_one(mine)
    await lists.update_one(mine, {"$set": {field: value}})
    try:
        assert await bought.found("read_model") == {bought.purchase.id: f"its copy in the lists differs in {field}"}
    finally:
        await lists.replace_one(mine, whole)
    assert await bought.found("read_model") == {}


async def test_a_copy_that_is_missing_and_one_of_no_order_are_found(bought: Bought, lists: Any) -> None:
    whole, nobody = await lists.find_one({"_id": bought.purchase.id}), ids.new("ord")
    await lists.delete_one({"_id": bought.purchase.id})
    await lists.insert_one({**whole, "_id": nobody})
    try:
        assert await bought.found("read_model") == {
            bought.purchase.id: "its copy in the lists is missing",
            nobody: "is in the lists, and there is no such order",
        }
    finally:
        await lists.delete_one({"_id": nobody})
        await lists.insert_one(whole)
    assert await bought.found("read_model") == {}


async def test_a_copy_of_a_product_that_differs_or_is_missing_is_found(bought: Bought) -> None:
    product, url = bought.variant.product_id, addresses.valkey(bought.shop.stack.installation)
    key = f"product:{{{product}}}"
    async with Redis.from_url(url, decode_responses=True) as valkey:
        title = await valkey.hget(key, "title")
        await valkey.hset(key, "title", "another")
        assert await bought.found("product_copies") == {product: "cart's copy differs in title"}
        await valkey.hset(key, "title", str(title))
        await valkey.rename(key, f"{key}.away")
        assert await bought.found("product_copies") == {product: "cart's copy is missing"}
        await valkey.rename(f"{key}.away", key)
    assert await bought.found("product_copies") == {}
