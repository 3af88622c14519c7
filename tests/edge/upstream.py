"""A gRPC server that stands for all six services: it answers as told and records what reached it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.api import httpbody_pb2
from grpc_health.v1 import health_pb2

from deploy.edge.contracts import Contracts, Method

JWKS_METHOD = "/shopmesh.auth.v1.AuthService/GetJwks"
HEALTH_METHOD = "/grpc.health.v1.Health/Check"
SPANS_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

Context = Any
Answer = Callable[["Call", Context], Awaitable[bytes]]
Stream = Callable[["Call", Context], AsyncIterator[bytes]]


async def unary(
    channel: grpc.aio.Channel, path: str, request: bytes = b"", metadata: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """A native gRPC call of bytes, as no stub would make it; AioRpcError where it is refused."""
    callable_: Any = channel.unary_unary(path)
    answer: bytes = await callable_(request, metadata=metadata)
    return answer


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    path: str
    request: bytes
    metadata: dict[str, str] = field(default_factory=dict)


class Upstream(grpc.GenericRpcHandler):
    """Serves every method of the contracts; what has no answer of a test's own answers the empty message."""

    def __init__(self, contracts: Contracts, jwks: str, port: int = 0) -> None:
        self._methods: dict[str, Method] = {method.path: method for method in contracts.methods}
        self.jwks = jwks
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.calls: list[Call] = []
        self.spans: list[bytes] = []
        self.ready = True
        self.checked = 0
        self.answers: dict[str, Answer] = {}
        self.streams: dict[str, Stream] = {}

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)

    def forget(self) -> None:
        """As new: the next test starts from here."""
        self.calls.clear()
        self.answers.clear()
        self.streams.clear()
        self.ready = True

    @property
    def only_call(self) -> Call:
        assert len(self.calls) == 1, [call.path for call in self.calls]
        return self.calls[0]

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        path = str(details.method)
        if path == HEALTH_METHOD:
            return grpc.unary_unary_rpc_method_handler(self._health)
        if path not in self._methods and path != SPANS_METHOD:
            return None
        if path in self._methods and self._methods[path].streams:
            return grpc.unary_stream_rpc_method_handler(self._stream(path))
        return grpc.unary_unary_rpc_method_handler(self._unary(path))

    async def _health(self, request: bytes, _: Context) -> bytes:
        assert health_pb2.HealthCheckRequest.FromString(request).service == ""
        self.checked += 1
        status = health_pb2.HealthCheckResponse.SERVING if self.ready else health_pb2.HealthCheckResponse.NOT_SERVING
        return bytes(health_pb2.HealthCheckResponse(status=status).SerializeToString())

    def _unary(self, path: str) -> Any:
        async def handle(request: bytes, context: Context) -> bytes:
            if path == JWKS_METHOD:
                keys = httpbody_pb2.HttpBody(content_type="application/json", data=self.jwks.encode())
                return bytes(keys.SerializeToString())
            if path == SPANS_METHOD:
                self.spans.append(request)
                return b""
            call = self._record(path, request, context)
            answer = self.answers.get(path)
            return await answer(call, context) if answer else b""

        return handle

    def _stream(self, path: str) -> Any:
        async def handle(request: bytes, context: Context) -> AsyncIterator[bytes]:
            call = self._record(path, request, context)
            async for message in self.streams[path](call, context):
                yield message

        return handle

    def _record(self, path: str, request: bytes, context: Context) -> Call:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        call = Call(path, request, metadata)
        self.calls.append(call)
        return call
