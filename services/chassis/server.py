"""The two gRPC servers of a process: public methods in plain text behind the edge, internal ones by mutual TLS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.chassis import rules
from services.chassis.certificates import Certificates
from services.chassis.pipeline import Pipeline

Add = Callable[[Any, grpc.aio.Server], None]
_OURS = "/shopmesh."
_OPTIONS = [
    ("grpc.keepalive_time_ms", 30000),
    ("grpc.keepalive_timeout_ms", 10000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
    # Bit 0 is "no compression": a small compressed message must not unfold in our memory (docs/adr/0001).
    ("grpc.compression_enabled_algorithms_bitset", 1),
    ("grpc.max_receive_message_length", 1024 * 1024),
]


@dataclass(frozen=True, slots=True)
class Registration:
    """A servicer and the generated function that adds it."""

    add: Add
    servicer: Any


class _Wrap(grpc.aio.ServerInterceptor):
    """Puts the pipeline around our own handlers; health and reflection pass as they are."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        known = self._wrapped.get(details.method)
        if known is None:
            handler = await continuation(details)
            if handler is None or not details.method.startswith(_OURS):
                return handler
            known = self._wrapped[details.method] = self._wrap(details.method, handler)
        return known

    def _wrap(self, path: str, handler: Any) -> Any:
        method = rules.method(path)
        codec = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(self._pipeline.stream(method, handler.unary_stream), **codec)
        return grpc.unary_unary_rpc_method_handler(self._pipeline.unary(method, handler.unary_unary), **codec)


class Server:
    """One port with its servicers, health and reflection."""

    def __init__(
        self,
        listen: str,
        registrations: Sequence[Registration],
        pipeline: Pipeline,
        health_servicer: health.aio.HealthServicer,
        connection_age: int,
        certificates: Certificates | None = None,
    ) -> None:
        age = [("grpc.max_connection_age_ms", connection_age * 1000), ("grpc.max_connection_age_grace_ms", 60000)]
        self._server = grpc.aio.server(interceptors=[_Wrap(pipeline)], options=_OPTIONS + age)
        for registration in registrations:
            registration.add(registration.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(health_servicer, self._server)
        reflection.enable_server_reflection(_names(registrations), self._server)
        if certificates is None:
            self.port = self._server.add_insecure_port(listen)
        else:
            self.port = self._server.add_secure_port(listen, certificates.server())

    async def start(self) -> None:
        await self._server.start()

    async def stop(self, grace: float) -> None:
        """Refuses new calls and waits for those in flight, at most ``grace`` seconds."""
        await self._server.stop(grace)


def _names(registrations: Sequence[Registration]) -> list[str]:
    """Names of the registered services; ValueError where one of their methods states no rules."""
    names = [reflection.SERVICE_NAME, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
    for registration in registrations:
        for service in _descriptors(registration.servicer):
            for method in service.methods:
                rules.from_descriptor(method)
            names.append(service.full_name)
    return names


def _descriptors(servicer: Any) -> list[Any]:
    """Descriptors of the services that a servicer's generated base classes stand for."""
    found = []
    for base in type(servicer).__mro__:
        package, _, module = base.__module__.rpartition(".")
        if base.__name__.endswith("Servicer") and module.endswith("_pb2_grpc"):
            name = f"{package}.{base.__name__.removesuffix('Servicer')}"
            found.append(descriptor_pool.Default().FindServiceByName(name))
    return found
