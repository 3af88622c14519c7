"""One Envoy for the whole folder, in front of one recording server."""

import asyncio
import itertools
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from deploy.edge.contracts import Contracts, build_descriptor_set
from deploy.edge.render import render
from deploy.edge.settings import EdgeSettings, Limit, RateLimits
from deploy.local.bootstrap import cache_root
from deploy.local.components.edge import BINARIES, program
from deploy.local.downloads import fetch_all
from deploy.local.progress import Silent
from tests.edge.upstream import Upstream
from tests.ports import free_port
from tests.waiting import eventually

ORIGIN = "https://shop.example"
LOG_IN = "shopmesh.auth.v1.AuthService/LogIn"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def bearer(key: ec.EllipticCurvePrivateKey = KEY, minutes: float = 5, **claims: Any) -> dict[str, str]:
    """The header of a token, by default a good one."""
    end = datetime.now(UTC) + timedelta(minutes=minutes)
    content = {"iss": "shopmesh", "aud": "shopmesh", "sub": "usr_1", "roles": ["CUSTOMER"], "exp": end, **claims}
    return {"authorization": f"Bearer {jwt.encode(content, key, algorithm='ES256', headers={'kid': 'k1'})}"}


def jwks(key: ec.EllipticCurvePrivateKey) -> str:
    """The key set with one key, named k1."""
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    return json.dumps({"keys": [{**public, "kid": "k1", "alg": "ES256", "use": "sig"}]})


@dataclass(frozen=True)
class Edge:
    """A running Envoy."""

    settings: EdgeSettings
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://{self.settings.listen}"

    @property
    def access_log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "access.log").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def descriptor_set() -> bytes:
    return build_descriptor_set()


@pytest.fixture(scope="session")
def contracts(descriptor_set: bytes) -> Contracts:
    return Contracts(descriptor_set)


@pytest.fixture(scope="session")
def envoy() -> str:
    """Envoy's program, fetched where it is not in the cache."""
    fetch_all([BINARIES], cache_root(), Silent())
    return program(cache_root())


@pytest.fixture(scope="session")
async def recorder(contracts: Contracts) -> AsyncIterator[Upstream]:
    upstream = Upstream(contracts, jwks(KEY))
    await upstream.start()
    yield upstream
    await upstream.stop()


@pytest.fixture
def upstream(recorder: Upstream) -> Upstream:
    """The recording server, which remembers nothing of the tests before."""
    recorder.forget()
    return recorder


def settings_for(upstream_port: int) -> EdgeSettings:
    """Every service is the recorder, but for notify, which is away. The last X-Forwarded-For entry is the client."""
    clusters = dict.fromkeys(("auth", "cart", "catalog", "order", "payment"), f"127.0.0.1:{upstream_port}")
    return EdgeSettings(
        listen=f"127.0.0.1:{free_port()}",
        admin=f"127.0.0.1:{free_port()}",
        jwks_port=free_port(),
        clusters={**clusters, "notify": f"127.0.0.1:{free_port()}"},
        otlp=f"127.0.0.1:{upstream_port}",
        cors_origins=(ORIGIN,),
        trusted_hops=1,
        request_bytes=64 * 1024,
        rate_limits=RateLimits(default=Limit(requests=20), methods={LOG_IN: Limit(requests=3)}),
    )


@pytest.fixture(scope="session")
async def edge(
    envoy: str, recorder: Upstream, descriptor_set: bytes, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    folder = tmp_path_factory.mktemp("edge")
    settings = settings_for(recorder.port)
    render(settings, descriptor_set, folder)
    with start(envoy, folder) as process:
        running = Edge(settings, folder, process)
        await eventually(lambda: _checks_tokens(running), "the edge to check tokens")
        yield running
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


@pytest.fixture
async def start_edge(
    envoy: str, descriptor_set: bytes, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[EdgeSettings], Edge]]:
    """Starts an edge of the test's own, each time another one."""
    running: list[Edge] = []

    def started(settings: EdgeSettings) -> Edge:
        folder = tmp_path_factory.mktemp("edge")
        render(settings, descriptor_set, folder)
        running.append(Edge(settings, folder, start(envoy, folder)))
        return running[-1]

    yield started
    for edge in running:
        edge.process.terminate()
    for edge in running:
        await asyncio.to_thread(edge.process.wait, 10)


@pytest.fixture
def another_edge(
    start_edge: Callable[[EdgeSettings], Edge], upstream: Upstream, descriptor_set: bytes
) -> Callable[..., Edge]:
    """Renders a test's own edge, and starts it the first time; rendered again it goes on with what changed."""
    usual = settings_for(upstream.port)
    running: list[Edge] = []

    def rendered(**changes: Any) -> Edge:
        settings = usual.model_copy(update=changes)
        if running:
            render(settings, descriptor_set, running[0].folder)
        else:
            running.append(start_edge(settings))
        return replace(running[0], settings=settings)

    return rendered


def start(envoy: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [envoy, "-c", str(folder / "envoy.yaml"), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
    command += ["--drain-strategy", "immediate"]
    with (folder / "access.log").open("wb") as out, (folder / "envoy.log").open("wb") as log:
        return subprocess.Popen([*command, "--file-flush-interval-msec", "50"], stdout=out, stderr=log)


async def _checks_tokens(edge: Edge) -> bool:
    """Ready for tests: it serves, and has fetched the keys through its own listener."""
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(base_url=edge.url) as client:
            return (await client.get("/api/v1/me", headers=bearer())).status_code == 200
    return False


_addresses = itertools.count(1)


@pytest.fixture
def address() -> str:
    """A client address that no other test has, so that none spends another's requests."""
    return f"203.0.113.{next(_addresses)}"


@pytest.fixture
async def client(edge: Edge, upstream: Upstream, address: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-forwarded-for": address}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=10) as client:
        yield client


@pytest.fixture
async def channel(edge: Edge) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(edge.settings.listen) as channel:
        yield channel


@pytest.fixture
def forwarded(address: str) -> tuple[tuple[str, str], ...]:
    """gRPC metadata with the test's own client address."""
    return (("x-forwarded-for", address),)
