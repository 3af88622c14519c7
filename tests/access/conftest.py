"""One world for the suite."""

from collections.abc import AsyncIterator

import grpc
import pytest_asyncio

from tests.access.world import World
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="session")
async def world(shop: Shop) -> AsyncIterator[World]:
    """The owner's resources."""
    async with World(shop) as made:
        yield made


@pytest_asyncio.fixture(scope="session")
async def edge(world: World) -> grpc.aio.Channel:
    """Native gRPC at the edge."""
    return await world.channel()
