"""Whatever was killed: in the end the books of the whole shop agree."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.audited import audited
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="module", autouse=True)
async def audit_of_the_module(running_shop: Shop) -> AsyncIterator[None]:
    """Audits what a module's tests have bought."""
    async with audited(running_shop.stack):
        yield
