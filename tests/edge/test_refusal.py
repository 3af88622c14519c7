"""Internal methods are out of reach, whatever protocol is tried; the service behind must see nothing."""

import grpc
import httpx
import pytest

from deploy.edge.contracts import Contracts, Method
from tests.edge.conftest import bearer
from tests.edge.upstream import Upstream, unary

pytestmark = pytest.mark.stack

GRPC_WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
EMPTY_FRAME = bytes(5)


def internal(contracts: Contracts) -> list[Method]:
    methods = [method for method in contracts.methods if not method.public]
    assert methods
    return methods


async def test_internal_methods_are_refused_by_rest(
    contracts: Contracts, client: httpx.AsyncClient, upstream: Upstream
) -> None:
    for method in internal(contracts):
        for verb in ("GET", "POST"):
            answer = await client.request(verb, method.path, headers=bearer(), json={} if verb == "POST" else None)
            assert answer.status_code == 404, method.path
    assert upstream.calls == []


async def test_internal_methods_are_refused_by_grpc(
    contracts: Contracts, channel: grpc.aio.Channel, upstream: Upstream
) -> None:
    for method in internal(contracts):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unary(channel, method.path, b"", metadata=tuple(bearer().items()))
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED, method.path
    assert upstream.calls == []


async def test_internal_methods_are_refused_by_grpc_web(
    contracts: Contracts, client: httpx.AsyncClient, upstream: Upstream
) -> None:
    for method in internal(contracts):
        answer = await client.post(method.path, headers={**GRPC_WEB, **bearer()}, content=EMPTY_FRAME)
        assert answer.headers["grpc-status"] == "12", method.path
    assert upstream.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/shopmesh.catalog.v1.CatalogService/getProduct",
        "/shopmesh.catalog.v1.CatalogInternalService%2FPriceLines",
        "//shopmesh.catalog.v1.CatalogInternalService/PriceLines",
        "/x/../shopmesh.catalog.v1.CatalogInternalService/PriceLines",
    ],
)
async def test_what_is_not_listed_is_refused(client: httpx.AsyncClient, upstream: Upstream, path: str) -> None:
    for headers in ({"content-type": "application/grpc"}, GRPC_WEB, {}):
        answer = await client.post(path, headers=headers, content=EMPTY_FRAME)
        assert answer.headers.get("grpc-status") in ("12", "13") or answer.status_code in (400, 404)
    assert upstream.calls == []


async def test_public_methods_are_served_by_grpc_and_grpc_web(
    client: httpx.AsyncClient, channel: grpc.aio.Channel, upstream: Upstream
) -> None:
    path = "/shopmesh.catalog.v1.CatalogService/ListProducts"
    assert await unary(channel, path, b"\x08\x05") == b""
    answer = await client.post(path, headers=GRPC_WEB, content=bytes([0, 0, 0, 0, 2, 8, 5]))
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    assert b"grpc-status:0" in answer.content
    assert [call.request for call in upstream.calls] == [b"\x08\x05", b"\x08\x05"]
