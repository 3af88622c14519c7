"""Replicas of the payment service behind an edge: added, deaf, and what Envoy holds against them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import yaml

from deploy.edge.contracts import Contracts
from tests.edge.conftest import KEY, Edge, jwks
from tests.edge.upstream import Upstream
from tests.waiting import eventually, until

CONFIG_URL = "/api/v1/payment-config"


async def answered(edge: Edge, count: int, url: str = CONFIG_URL) -> list[int]:
    """The statuses of so many calls at once."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=30) as client:
        return [answer.status_code for answer in await asyncio.gather(*(client.get(url) for _ in range(count)))]


async def listed(edge: Edge, port: int, flag: str = "") -> None:
    """Returns once the edge serves, and its payment cluster has this address, with this health flag if one is named."""

    async def look() -> bool:
        flags = await health_of(edge, port)
        return flags is not None and flag in flags and await serves(edge)

    await eventually(look, f"port {port} in the cluster {flag}")


async def serves(edge: Edge) -> bool:
    """Its administration answers before it listens to the public."""
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{edge.url}/healthz")).is_success
        except httpx.TransportError:
            return False


async def health_of(edge: Edge, port: int) -> str | None:
    """What Envoy holds against a replica of payment; None where it is none."""
    async with httpx.AsyncClient() as client:
        try:
            text = (await client.get(f"http://{edge.settings.admin}/clusters")).text
        except httpx.TransportError:
            return None
    start = f"payment::127.0.0.1:{port}::health_flags::"
    return next((line.removeprefix(start) for line in text.splitlines() if line.startswith(start)), None)


def add_replica(edge: Edge, port: int) -> None:
    """One more address of payment, as a headless name has several."""
    file = edge.folder / "cds.yaml"
    content = yaml.safe_load(file.read_text())
    payment = next(cluster for cluster in content["resources"] if cluster["name"] == "payment")
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    payment["load_assignment"]["endpoints"][0]["lb_endpoints"].append({"endpoint": {"address": address}})
    changed = file.with_suffix(".new")
    changed.write_text(yaml.safe_dump(content))
    changed.rename(file)


@asynccontextmanager
async def deaf(port: int) -> AsyncIterator[None]:
    """A process that takes connections and answers nothing, as a stopped or stuck one does."""

    writers: list[asyncio.StreamWriter] = []

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.read(65536):
            pass

    async with await asyncio.start_server(ignore, "127.0.0.1", port):
        yield
        for writer in writers:
            writer.close()


@asynccontextmanager
async def replica(contracts: Contracts, port: int) -> AsyncIterator[Upstream]:
    """Another process of every service."""
    other = Upstream(contracts, jwks(KEY), port)
    await other.start()
    try:
        yield other
    finally:
        await other.stop()


async def until_asked(edge: Edge, other: Upstream) -> None:
    """Returns once some of the calls go to this replica."""

    async def asked() -> bool:
        await answered(edge, 4)
        return bool(other.calls)

    await until(asked, "the replica to be asked")
