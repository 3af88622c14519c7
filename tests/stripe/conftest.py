"""One stand-in for each test file; each test has its own client, payment id and switches."""

import uuid
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building
from tests.stripe.running import Receiver, StandIn


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """The shop's webhook endpoint."""
    with Receiver().running() as running:
        yield running


@pytest.fixture(scope="module")
def standin(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A running stand-in."""
    started = StandIn(tmp_path_factory.mktemp("stripe"), receiver.url)
    started.start()
    yield started
    started.stop()


@pytest_asyncio.fixture
async def http_client() -> AsyncIterator[stripe.HTTPXClient]:
    """The library's own asynchronous transport."""
    transport = stripe.HTTPXClient()
    yield transport
    await transport.close_async()  # type: ignore[no-untyped-call]


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """A web client without any library of Stripe's."""
    async with httpx.AsyncClient() as opened:
        yield opened


@pytest.fixture
def client(standin: StandIn, http_client: stripe.HTTPXClient) -> stripe.StripeClient:
    """The official client, unmodified."""
    return building.client(standin.url, http_client)


@pytest_asyncio.fixture
async def control(standin: StandIn) -> AsyncIterator[StripeControl]:
    """The control client."""
    async with StripeControl(standin.url) as opened:
        yield opened


@pytest.fixture
def payment_id() -> str:
    """A payment of this test alone."""
    return f"pay_{uuid.uuid4().hex}"


@pytest.fixture
def mine(payment_id: str) -> Match:
    """Matches this test's payment alone."""
    return Match(metadata={"payment_id": payment_id})
