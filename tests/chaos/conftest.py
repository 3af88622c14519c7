"""Whatever was killed: in the end the books of the whole shop agree."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from tests.audited import assert_clean
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="module", autouse=True)
async def audited(running_shop: Shop) -> AsyncIterator[None]:
    """Audits what a module's tests have bought."""
    began = datetime.now(UTC)
    yield
    await assert_clean(running_shop.stack, began)
