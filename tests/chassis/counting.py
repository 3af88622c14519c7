"""Real servers behind mutual TLS that count what arrives; a test gives the answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2_grpc

from services.chassis.certificates import Certificates
from tests.chassis.conftest import tls_settings

Answer = Callable[[Any], Awaitable[bytes]]


async def unavailable(context: Any) -> bytes:
    """Refuses as a service that is overloaded or about to stop."""
    await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
    raise AssertionError("aborted")


async def hang(_: Any) -> bytes:
    """Never answers."""
    await asyncio.Event().wait()
    raise AssertionError("never")


async def fine(_: Any) -> bytes:
    """The empty message."""
    return b""


class Counting(grpc.GenericRpcHandler):
    """Serves every method with the present ``answer``; ``arrived`` counts calls by path."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.arrived: Counter[str] = Counter()
        self.port = 0

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        path = str(details.method)

        async def handle(_: bytes, context: Any) -> bytes:
            self.arrived[path] += 1
            return await self.answer(context)

        return grpc.unary_unary_rpc_method_handler(handle) if path.startswith("/shopmesh.") else None


@asynccontextmanager
async def counting(tls: Path, service: str, answer: Answer) -> AsyncIterator[Counting]:
    """The server under the service's certificate; its health says that it serves."""
    handler = Counting(answer)
    server = grpc.aio.server(handlers=[handler])
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    handler.port = server.add_secure_port("127.0.0.1:0", Certificates(tls_settings(tls, service)).server())
    await server.start()
    try:
        yield handler
    finally:
        await server.stop(0)
