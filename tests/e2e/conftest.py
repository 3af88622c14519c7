"""However people bought, paid, raced and called off: in the end the books of the whole shop agree."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.audited import audited
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="package", autouse=True)
async def audit_of_the_suite(running_shop: Shop) -> AsyncIterator[None]:
    """Audits what all tests here have bought, by `make race` too."""
    async with audited(running_shop.stack):
        yield
