"""What happens to every call before and after its handler, composed once per method.

The order, outermost first: metrics and log, error to status, trace, deadline, principal, access, request id, validation,
repeats (requests), handler, and the check that an OWNER method asked whose the resource is.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind
from shopmesh.options.v1 import options_pb2 as options

from services.chassis import access, deadlines, principal, requests, telemetry
from services.chassis.draining import Draining
from services.chassis.errors import Code, DependencyAway, ServiceError, Unauthenticated, Unavailable
from services.chassis.outages import is_outage
from services.chassis.principal import Principal
from services.chassis.requests import RequestStore
from services.chassis.rules import Method
from services.chassis.statuses import status_of
from services.chassis.tokens import TokenVerifier
from services.chassis.validation import validate

log = structlog.get_logger()
Context = grpc.aio.ServicerContext[Any, Any]
Metadata = dict[str, str]
_OUR_FAULT = {Code.INTERNAL, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED}
"""Codes that mark a server's span as failed. Source: OpenTelemetry semantic conventions for gRPC."""
_NO_RETRY = ("grpc-retry-pushback-ms", "-1")
"""A server's word against its caller's retry policy. Source: gRFC A6, pushback."""
_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]


class Pipeline:
    """Wraps the handlers of one port. ``tokens`` is None on the internal port, where certificates say who calls."""

    def __init__(self, tokens: TokenVerifier | None, store: RequestStore | None, draining: Draining) -> None:
        self._tokens = tokens
        self._store = store
        self._draining = draining
        self._seconds = telemetry.meter().create_histogram(
            "shopmesh_rpc_seconds", unit="s", description="Duration of calls by method and code.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )  # fmt: skip

    def unary(self, method: Method, handler: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Any]:
        """A unary handler with everything around it."""
        repeats = method.deduplication == options.DEDUPLICATION_REQUEST_ID
        stored = repeats and self._store is not None and not getattr(handler, "own_requests", False)

        async def perform(request: Message, context: Context, metadata: Metadata) -> Message:
            ownership = await self._admit(method, request, context, metadata, repeats)
            if stored:
                assert self._store is not None
                key = requests.current()
                return await self._store.once(key, method.response, lambda: owned(request, context, ownership))
            return await owned(request, context, ownership)

        async def owned(request: Message, context: Context, ownership: access.Ownership | None) -> Message:
            answer: Message = await handler(request, context)
            _assert_checked(method, ownership)
            return answer

        async def call(request: Message, context: Context) -> Message | None:
            metadata = _metadata(context)
            with self._observed(method, metadata) as outcome:
                async with asyncio.timeout(_budget(method, context)):
                    return await perform(request, context, metadata)
            await abort(context, outcome.refusal, internal=self._tokens is None)
            return None

        return call

    def stream(self, method: Method, handler: Callable[[Any, Any], AsyncGenerator[Any, None]]) -> Callable[..., Any]:
        """A server-streaming handler with everything around it."""

        async def call(request: Message, context: Context) -> AsyncGenerator[Message, None]:
            metadata = _metadata(context)
            with self._observed(method, metadata) as outcome:
                ownership = await self._admit(method, request, context, metadata, repeats=False)
                async for item in self._draining.cut(handler(request, context)):
                    _assert_checked(method, ownership)
                    yield item
            if outcome.error is not None:
                await abort(context, outcome.error)

        return call

    @contextmanager
    def _observed(self, method: Method, metadata: Metadata) -> Iterator["Outcome"]:
        """Traces, counts and logs a call. A failure of what is inside ends here and is the outcome's error."""
        begun = time.perf_counter()
        outcome = Outcome()
        parent = metadata.get("traceparent", "")
        with telemetry.span(method.path[1:], parent=parent, kind=SpanKind.SERVER) as span:
            try:
                yield outcome
            except Exception as problem:  # the one place where any failure becomes a status
                outcome.error = service_error(method, problem)
                if outcome.error.code in _OUR_FAULT:
                    telemetry.mark_failed(span, outcome.error)
            except BaseException:  # the caller hung up
                outcome.left = True
                raise
            finally:
                self._report(method, outcome, time.perf_counter() - begun)

    async def _admit(
        self, method: Method, request: Message, context: Context, metadata: Metadata, repeats: bool
    ) -> access.Ownership | None:
        """Says who calls, whether they may, and whether the request has the right shape."""
        ownership: access.Ownership | None = None
        if self._tokens is None:
            caller = _certificate(context)
            principal.enter(caller)
            access.check_internal(method, caller)
        else:
            caller = await _person(self._tokens, metadata)
            principal.enter(caller)
            ownership = access.check_public(method, caller)
        if repeats and not request.request_id:  # type: ignore[attr-defined]
            request.request_id = metadata.get("idempotency-key", "")  # type: ignore[attr-defined]
        validate(request)
        if repeats:
            requests.enter(requests.key_of(method.path, request))
        return ownership

    def _report(self, method: Method, outcome: "Outcome", seconds: float) -> None:
        self._seconds.record(seconds, {"method": method.path, "code": outcome.code})
        say = log.debug if outcome.error is None else log.info
        reason = outcome.error.reason if outcome.error else ""
        say("call", method=method.path, code=outcome.code, reason=reason, milliseconds=round(seconds * 1000, 2))


@dataclass(slots=True)
class Outcome:
    """How a call ended: with an answer, with an ``error``, or because its caller ``left``."""

    error: ServiceError | None = None
    left: bool = False

    @property
    def code(self) -> str:
        if self.left:
            return Code.CANCELLED.value
        return self.error.code.value if self.error else "OK"

    @property
    def refusal(self) -> ServiceError:
        """The error of a call that gave no answer."""
        assert self.error is not None
        return self.error


def _metadata(context: Context) -> Metadata:
    return {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}


def _budget(method: Method, context: Context) -> float | None:
    """Seconds this call may take: the method's deadline, or the caller's where it is earlier."""
    left = context.time_remaining()
    limits = [limit for limit in (method.deadline or None, left) if limit is not None]
    if not limits:
        return None
    deadlines.enter(min(limits))
    return min(limits)


async def _person(tokens: TokenVerifier, metadata: Metadata) -> Principal:
    """The caller on the public port: the token's user, or a guest."""
    order_token = metadata.get("x-order-token", "")
    address = metadata.get("x-envoy-external-address", "")
    header = metadata.get("authorization", "")
    if not header:
        return Principal(order_token=order_token, address=address)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("TOKEN_INVALID", "the authorization header must be a bearer token")
    user = await tokens.verify(token)
    return Principal(user.user_id, user.roles, user.session_id, order_token=order_token, address=address)


def _certificate(context: Context) -> Principal:
    """The caller on the internal port: the common name of its certificate."""
    names = context.auth_context().get("x509_common_name", ())
    return Principal(service=b"".join(names).decode())


def _assert_checked(method: Method, ownership: access.Ownership | None) -> None:
    """A handler that forgets to ask whose a resource is must not answer."""
    if ownership is not None and not ownership.checked:
        raise AssertionError(f"{method.path} admits owners, but its handler did not call require_owner")


def service_error(method: Method, problem: Exception) -> ServiceError:
    """The answer for a failure; what an unexpected one says stays in the log."""
    if isinstance(problem, ServiceError):
        return problem
    if isinstance(problem, TimeoutError):
        return ServiceError(Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the call took longer than it may")
    if is_outage(problem):
        log.warning("needed_part_away", method=method.path, error=repr(problem))
        return Unavailable("something that is needed is away for the moment")
    log.error("call_failed", method=method.path, error=repr(problem), exc_info=problem)
    return ServiceError(Code.INTERNAL, "INTERNAL", "something went wrong here; the trace id leads to it")


async def abort(context: Context, error: ServiceError, internal: bool = False) -> None:
    """Ends the call with this status; when to come back is also a header, for clients of HTTP.

    A service of ours that calls is told not to try again what was tried again below: else each hop would multiply it.
    """
    status = rpc_status.to_status(status_of(error))
    metadata = tuple(status.trailing_metadata)
    if error.retry_after is not None:
        metadata += (("retry-after", str(math.ceil(error.retry_after))),)
    if internal and isinstance(error, DependencyAway):
        metadata += (_NO_RETRY,)
    await context.abort(status.code, status.details, metadata)
