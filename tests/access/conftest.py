"""One world for the suite."""

from collections.abc import AsyncIterator

import grpc
import pytest_asyncio

from tests.access.world import World
from tests.audited import audited
from tests.e2e.shop import Shop


@pytest_asyncio.fixture(scope="package")
async def made_world(running_shop: Shop) -> AsyncIterator[World]:
    """The owner's resources, made once. Whoever called what, and however often: in the end the books agree."""
    async with audited(running_shop.stack), World(running_shop) as made:
        yield made


@pytest_asyncio.fixture
async def world(made_world: World) -> World:
    """The owner's resources, everybody with a token that lasts."""
    await made_world.keep_logged_in()
    return made_world


@pytest_asyncio.fixture(scope="package")
async def edge(made_world: World) -> grpc.aio.Channel:
    """Native gRPC at the edge."""
    return await made_world.channel()
