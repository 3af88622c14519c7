"""Certificates that change under a running process: at once, as Kubernetes does it, and by halves."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from grpc_health.v1 import health
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from shopmesh.cart.v1 import cart_internal_service_pb2 as cart_internal
from shopmesh.cart.v1 import cart_internal_service_pb2_grpc as cart_internal_grpc

from deploy.local import certificates as local_certificates
from deploy.local.certificates import Certificates as LocalCertificates
from services.chassis import channels, ids
from services.chassis.certificates import Certificates, tell_end
from services.chassis.channels import Channels
from services.chassis.draining import Draining
from services.chassis.errors import ServiceError
from services.chassis.pipeline import Pipeline
from services.chassis.server import Registration, Server
from tests.chassis.conftest import points, tls_settings
from tests.chassis.test_channels import CartInternalServicer

FILES = ("ca.pem", "cart.pem", "cart-key.pem", "order.pem", "order-key.pem")


class Secret:
    """A folder as the kubelet keeps it: each file a link into ``..data``, itself a link to the folder of a version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = 0
        for name in FILES:
            (folder / name).symlink_to(Path("..data") / name)

    def put(self, made: Path) -> None:
        """Swaps all files at once."""
        self.versions += 1
        version = self.folder / f"..{self.versions}"
        version.mkdir()
        for name in FILES:
            (version / name).write_bytes((made / name).read_bytes())
        (self.folder / "..next").symlink_to(version.name)
        (self.folder / "..next").rename(self.folder / "..data")


def made_anew(folder: Path) -> Path:
    """Certificates of an authority of their own."""
    installation: Any = SimpleNamespace(folder=lambda _: folder)
    folder.mkdir()
    LocalCertificates(installation).renew()
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return made_anew(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return made_anew(tmp_path / "new")


@pytest.fixture
def mounted(tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> Secret:
    monkeypatch.setattr(channels, "CHECK_FILES_SECONDS", 0.0)
    folder = tmp_path / "mounted"
    folder.mkdir()
    secret = Secret(folder)
    secret.put(old)
    return secret


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[int, Any]]:
    """Cart's internal port, and order's stub of it."""
    cart = Registration(cart_internal_grpc.add_CartInternalServiceServicer_to_server, CartInternalServicer())
    own = Certificates(tls_settings(folder, "cart"))
    server = Server("127.0.0.1:0", [cart], Pipeline(None, None, Draining()), health.aio.HealthServicer(), 60, own)
    await server.start()
    try:
        async with Channels(tls_settings(folder, "order", cart_target=f"127.0.0.1:{server.port}")) as opened:
            yield server.port, cart_internal_grpc.CartInternalServiceStub(opened.target("cart"))
    finally:
        await server.stop(0)


async def call(cart: Any) -> None:
    await cart.GetCartLines(cart_internal.GetCartLinesRequest(cart_id=ids.text("cart", ids.random_uuid())))


async def shown(port: int) -> int:
    """The serial number of the certificate that a server shows."""
    pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def days_left(metrics: InMemoryMetricReader) -> list[int]:
    """As the process's metric says now, to the nearest day; empty where it says nothing."""
    found = points(metrics, "shopmesh_certificate_expiration_timestamp_seconds")
    return [round((point.value - time.time()) / 86400) for point in found]


def serial(folder: Path) -> int:
    return x509.load_pem_x509_certificate((folder / "cart.pem").read_bytes()).serial_number


async def test_server_and_channels_follow_the_link_that_kubernetes_swaps(mounted: Secret, old: Path, new: Path) -> None:
    async with running(mounted.folder) as (port, cart):
        await call(cart)
        assert await shown(port) == serial(old)
        mounted.put(new)
        assert await shown(port) == serial(new)
        await call(cart)  # trusts an authority, and shows a certificate, that the server did not know before


@pytest.mark.parametrize("half", ["cart.pem", "cart-key.pem"])
async def test_a_server_goes_on_with_the_old_pair_until_the_new_one_is_whole(
    tls: Path, tmp_path: Path, half: str, old: Path, new: Path
) -> None:
    async with running(old) as (port, cart):
        await call(cart)
        before = serial(old)
        (old / half).write_bytes((new / half).read_bytes())
        assert await shown(port) == before
        for name in FILES:
            (old / name).write_bytes((new / name).read_bytes())
        assert await shown(port) == serial(new)


@pytest.mark.parametrize("half", ["order.pem", "order-key.pem"])
async def test_a_channel_goes_on_with_the_old_pair_until_the_new_one_is_whole(
    mounted: Secret, half: str, old: Path, new: Path
) -> None:
    async with running(mounted.folder) as (_, cart):
        await call(cart)
        whole = (old / half).read_bytes()
        (old / half).write_bytes((new / half).read_bytes())
        mounted.put(old)
        await call(cart)
        (mounted.folder / "order.pem").unlink()
        await call(cart)
        (mounted.folder / "order.pem").symlink_to("..data/order.pem")
        (old / half).write_bytes(whole)
        mounted.put(old)
        await call(cart)


async def test_a_pair_that_never_was_whole_starts_nothing(old: Path, new: Path) -> None:
    (old / "cart.pem").write_bytes((new / "cart.pem").read_bytes())
    with pytest.raises(ValueError, match="the key is not the certificate's"):
        Certificates(tls_settings(old, "cart")).server()


async def test_a_channel_whose_peer_has_another_authority_is_away_and_comes_back(
    mounted: Secret, old: Path, new: Path
) -> None:
    async with running(old) as (port, _):
        settings = tls_settings(mounted.folder, "order", cart_target=f"127.0.0.1:{port}")
        mounted.put(new)
        async with Channels(settings) as opened:
            cart = cart_internal_grpc.CartInternalServiceStub(opened.target("cart"))
            with pytest.raises(ServiceError, match="CART_UNAVAILABLE"):
                await call(cart)
            mounted.put(old)
            await call(cart)


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patched:
        patched.setattr(local_certificates, "LIFE", timedelta(days=7))
        return made_anew(tmp_path / "short")


def test_the_end_of_the_certificate_is_told_as_the_files_have_it(
    metrics: InMemoryMetricReader, mounted: Secret, old: Path, short: Path
) -> None:
    mounted.put(short)
    tell_end(tls_settings(mounted.folder, "cart"))
    assert days_left(metrics) == [7]
    (mounted.folder / "..data" / "cart.pem").write_bytes((old / "cart.pem").read_bytes())
    assert days_left(metrics) == [7]
    mounted.put(old)
    assert days_left(metrics) == [365]


def test_where_the_authority_ends_before_what_it_signed_its_end_is_told(
    metrics: InMemoryMetricReader, tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_certificates, "CA_LIFE", timedelta(days=40))
    own = made_anew(tmp_path / "of-an-authority-that-ends")
    tell_end(tls_settings(own, "cart"))
    assert days_left(metrics) == [40]
