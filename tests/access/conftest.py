"""One world for the suite."""

from collections.abc import AsyncIterator

import grpc
import pytest_asyncio

from tests.access.world import World
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="session")
async def made_world(running_shop: Shop) -> AsyncIterator[World]:
    """The owner's resources, made once."""
    async with World(running_shop) as made:
        yield made


@pytest_asyncio.fixture
async def world(made_world: World) -> World:
    """The owner's resources, everybody with a token that lasts."""
    await made_world.keep_logged_in()
    return made_world


@pytest_asyncio.fixture(scope="session")
async def edge(made_world: World) -> grpc.aio.Channel:
    """Native gRPC at the edge."""
    return await made_world.channel()
