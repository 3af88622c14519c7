"""Calls between services over mutual TLS: who is admitted, what comes back, what is tried again, whom nobody calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2
from shopmesh.cart.v1 import cart_internal_service_pb2 as cart_internal
from shopmesh.cart.v1 import cart_internal_service_pb2_grpc as cart_internal_grpc

from services.chassis import deadlines, ids
from services.chassis.certificates import Certificates
from services.chassis.channels import Channels
from services.chassis.draining import Draining
from services.chassis.errors import FailedPrecondition, PreconditionViolation, ServiceError, Unavailable
from services.chassis.pipeline import Pipeline
from services.chassis.server import Registration, Server
from tests.chassis.conftest import tls_settings
from tests.chassis.test_server import refusal
from tests.waiting import until


class CartInternalServicer(cart_internal_grpc.CartInternalServiceServicer):
    async def GetCartLines(self, request: Any, context: Any) -> Any:
        if request.user_id:
            standing = [PreconditionViolation("T", "S", "D")]
            raise FailedPrecondition("CART_MERGED", "merged", metadata={"a": "b"}, preconditions=standing)
        return cart_internal.GetCartLinesResponse(etag=str(round(deadlines.remaining(99), 1)))


class Stumbling(cart_internal_grpc.CartInternalServiceServicer):
    """Is unavailable so often, then answers."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    async def GetCartLines(self, request: Any, context: Any) -> Any:
        self.calls += 1
        if self.calls <= self.times:
            raise Unavailable("not yet")
        return cart_internal.GetCartLinesResponse()


@asynccontextmanager
async def internal(
    tls: Path, servicer: Any = None, health_servicer: health.aio.HealthServicer | None = None
) -> AsyncIterator[int]:
    registrations = [
        Registration(cart_internal_grpc.add_CartInternalServiceServicer_to_server, servicer or CartInternalServicer())
    ]
    pipeline = Pipeline(None, None, Draining())
    certificates = Certificates(tls_settings(tls, "cart"))
    healthy = health_servicer or health.aio.HealthServicer()
    server = Server("127.0.0.1:0", registrations, pipeline, healthy, 60, certificates)
    await server.start()
    yield server.port
    await server.stop(0)


@asynccontextmanager
async def called(tls: Path, port: int, caller: str = "order") -> AsyncIterator[Any]:
    """The stub of a service that calls cart on this port."""
    async with Channels(tls_settings(tls, caller, cart_target=f"127.0.0.1:{port}")) as channels:
        yield cart_internal_grpc.CartInternalServiceStub(channels.target("cart"))


def a_request() -> cart_internal.GetCartLinesRequest:
    return cart_internal.GetCartLinesRequest(cart_id=ids.text("cart", ids.random_uuid()))


async def test_an_internal_method_admits_its_callers_only(tls: Path) -> None:
    async with internal(tls) as port:
        async with called(tls, port) as cart:
            assert 0 < float((await cart.GetCartLines(a_request())).etag) <= 2
        async with called(tls, port, "notify") as cart:
            with pytest.raises(ServiceError, match="PERMISSION_DENIED"):
                await cart.GetCartLines(a_request())


async def test_an_internal_port_refuses_whoever_shows_no_certificate(tls: Path) -> None:
    async with internal(tls) as port:
        trusting = grpc.ssl_channel_credentials((tls / "ca.pem").read_bytes())
        for channel in (
            grpc.aio.insecure_channel(f"127.0.0.1:{port}"),
            grpc.aio.secure_channel(f"127.0.0.1:{port}", trusting),
        ):
            async with channel:
                call = cart_internal_grpc.CartInternalServiceStub(channel).GetCartLines(a_request(), timeout=5)
                assert (await refusal(call)).code() is grpc.StatusCode.UNAVAILABLE


async def test_another_services_refusal_arrives_whole(tls: Path) -> None:
    async with internal(tls) as port, called(tls, port) as cart:
        with pytest.raises(ServiceError) as caught:
            await cart.GetCartLines(cart_internal.GetCartLinesRequest(user_id=ids.new("usr")))
    assert caught.value.reason == "CART_MERGED"
    assert caught.value.metadata["a"] == "b"
    assert caught.value.preconditions == (PreconditionViolation("T", "S", "D"),)


async def test_a_service_that_is_away_is_unavailable_by_name(tls: Path) -> None:
    async with called(tls, 1) as cart:
        with pytest.raises(ServiceError, match="CART_UNAVAILABLE"):
            await cart.GetCartLines(a_request())


async def test_a_call_that_may_be_repeated_is_tried_again(tls: Path) -> None:
    servicer = Stumbling(2)
    async with internal(tls, servicer) as port, called(tls, port) as cart:
        await cart.GetCartLines(a_request())
    assert servicer.calls == 3


async def test_no_call_is_tried_more_than_three_times(tls: Path) -> None:
    servicer = Stumbling(9)
    async with internal(tls, servicer) as port, called(tls, port) as cart:
        with pytest.raises(ServiceError, match="CART_UNAVAILABLE"):
            await cart.GetCartLines(a_request())
    assert servicer.calls == 3


async def test_a_service_that_is_not_ready_is_not_called(tls: Path) -> None:
    servicer = Stumbling(0)
    healthy = health.aio.HealthServicer()
    async with internal(tls, servicer, healthy) as port, called(tls, port) as cart:
        await cart.GetCartLines(a_request())
        await healthy.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        await until(lambda: refused(cart))
        calls = servicer.calls
        assert await refused(cart)
        assert servicer.calls == calls
        await healthy.set("", health_pb2.HealthCheckResponse.SERVING)
        await until(lambda: answered(cart))


async def refused(cart: Any) -> bool:
    return not await answered(cart)


async def answered(cart: Any) -> bool:
    try:
        await cart.GetCartLines(a_request())
    except ServiceError as error:
        return error.reason != "CART_UNAVAILABLE"
    return True
