"""Typed channels to the other services: mutual TLS, deadlines, retries, the trace, and errors as ServiceError.

``CatalogInternalServiceStub(channels.target("catalog"))`` is used as any stub; each call takes the earlier of the
method's own deadline and what is left of ours. Retries happen here only, by gRPC's own policy, only for methods whose
contract says that they may be repeated, and out of a budget (docs/adr/0008). A channel is replaced when the
certificates' files change.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from google.rpc import status_pb2
from opentelemetry.trace import SpanKind

from services.chassis import deadlines, rules, telemetry
from services.chassis.certificates import Certificates, Identity, Stamp
from services.chassis.errors import Code, DependencyAway, ServiceError
from services.chassis.settings import ChassisSettings
from services.chassis.statuses import error_of

CHECK_FILES_SECONDS = 10.0
REPLACED_GRACE_SECONDS = 30.0
ATTEMPTS = 3
RETRY_BUDGET = {"maxTokens": 10, "tokenRatio": 0.1}
"""A failure takes a token, a success gives a tenth of one back; nothing is retried while half or less is left."""
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_DETAILS = "grpc-status-details-bin"


class Channels:
    """Channels to the services that the settings name; closed as an async context manager."""

    def __init__(self, settings: ChassisSettings) -> None:
        self._settings = settings
        self._certificates = Certificates(settings)
        self._channels: dict[str, SwappableChannel] = {}

    def target(self, service: str) -> "SwappableChannel":
        """The channel to a service, made once."""
        if service not in self._channels:
            address: str = getattr(self._settings, f"{service}_target")
            self._channels[service] = SwappableChannel(service, address, self._certificates)
        return self._channels[service]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels.values():
            await channel.close()


class SwappableChannel(grpc.aio.Channel):
    """A channel whose connections are replaced underneath it; only unary calls, as services make no others."""

    def __init__(self, service: str, address: str, certificates: Certificates) -> None:
        self.service = service
        self._address = address
        self._methods: dict[str, rules.Method] = {}
        self._certificates = certificates
        self._stamp: Stamp = ()
        self._looked = 0.0
        self._channel: grpc.aio.Channel | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        """The channel of the present certificates."""
        now = time.monotonic()
        if self._channel is None:
            self._looked, self._channel = now, self._made(self._certificates.read())
        elif now - self._looked > CHECK_FILES_SECONDS:
            self._looked = now
            if found := self._certificates.newer(self._stamp):
                self._close_later(self._channel)
                self._channel = self._made(found)
        return self._channel

    def _made(self, identity: Identity) -> grpc.aio.Channel:
        self._stamp = identity.stamp
        options = _options(self.service, self._methods.values())
        return grpc.aio.secure_channel(self._address, identity.client(), options=options)

    def _close_later(self, channel: grpc.aio.Channel) -> None:
        closing = asyncio.ensure_future(channel.close(REPLACED_GRACE_SECONDS))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes] | None = None,
        response_deserializer: Callable[[bytes], Any] | None = None,
        _registered_method: bool | None = False,
    ) -> Any:
        if method not in self._methods:
            self._methods[method] = rules.method(method)
            self._stamp, self._looked = (), 0.0  # a channel learns what it may retry when it is made
        return _Call(self, self._methods[method], request_serializer, response_deserializer)

    async def close(self, grace: float | None = None) -> None:
        for closing in self._closing:
            closing.cancel()
        if self._channel is not None:
            await self._channel.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current().channel_ready()

    def unary_stream(self, *_: Any, **__: Any) -> Any:
        return None  # stubs ask for every kind; services call only unary methods of each other

    stream_unary = stream_stream = unary_stream


class _Call:
    """One method of a stub: awaiting it returns the answer or raises ServiceError."""

    def __init__(self, channel: SwappableChannel, method: rules.Method, serialize: Any, deserialize: Any) -> None:
        self._channel = channel
        self._method = method
        self._codec = (serialize, deserialize)
        self._made: tuple[grpc.aio.Channel, Any] | None = None

    async def __call__(self, request: Message) -> Message:
        call = self._multicallable()
        timeout = deadlines.remaining(self._method.deadline)
        with telemetry.span(self._method.path[1:], kind=SpanKind.CLIENT):
            metadata = (("traceparent", telemetry.current_traceparent()),)
            try:
                answer: Message = await call(request, timeout=timeout, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                raise _service_error(self._channel.service, error) from error
            return answer

    def _multicallable(self) -> Any:
        channel = self._channel.current()
        if self._made is None or self._made[0] is not channel:
            serialize, deserialize = self._codec
            self._made = (channel, channel.unary_unary(self._method.path, serialize, deserialize))
        return self._made[1]


def _service_error(service: str, error: grpc.aio.AioRpcError) -> ServiceError:
    """The other side's error as ours; its absence and its slowness are the same to our caller: UNAVAILABLE."""
    if error.code() in _AWAY:
        slow = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return DependencyAway(
            f"{service} {'took too long' if slow else 'is away'}", reason=f"{service.upper()}_UNAVAILABLE"
        )
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS:
            return error_of(status_pb2.Status.FromString(value))
    known = Code(error.code().name) if error.code().name in Code.__members__ else Code.INTERNAL
    return ServiceError(known, error.code().name, error.details() or "")


def _options(service: str, methods: Iterable[rules.Method]) -> list[tuple[str, Any]]:
    return [
        ("grpc.ssl_target_name_override", service),
        ("grpc.service_config", json.dumps(_service_config(methods))),
        ("grpc.enable_retries", 1),
        ("grpc.keepalive_time_ms", 30000),
        ("grpc.keepalive_timeout_ms", 10000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1000),
        ("grpc.max_reconnect_backoff_ms", 2000),
        ("grpc.dns_min_time_between_resolutions_ms", 5000),
    ]


def _service_config(methods: Iterable[rules.Method]) -> dict[str, Any]:
    """Retries for the methods whose contract allows them. Source: gRPC service config, gRFC A6."""
    policy = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    names = [{"service": m.service, "method": m.name} for m in methods if m.safe_to_retry]
    return {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
        "methodConfig": [{"name": names, "retryPolicy": policy}] if names else [],
        "retryThrottling": RETRY_BUDGET,
    }
