"""The ways to trace a call that are compared: hand-written propagation, and the stock aio instrumentation.

The client decides what is sampled, as the edge does, and says so in `traceparent`.
"""

from __future__ import annotations

import contextvars
import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

MODES = ("none", "hand", "stock")
_traceparent: contextvars.ContextVar[str] = contextvars.ContextVar("traceparent", default="")
Behaviour = Callable[[Any, Any], Awaitable[Any]]


class DiscardingExporter(SpanExporter):
    """Takes every batch and drops it: what is measured is the SDK's work inside the process, not a network."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Says that the spans arrived."""
        return SpanExportResult.SUCCESS


def interceptors(mode: str) -> list[Any]:
    """The server's interceptors for one of `MODES`; installs the tracer provider that they need."""
    if mode == "none":
        return []
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(DiscardingExporter()))
    trace.set_tracer_provider(provider)
    if mode == "hand":
        return [HandWrittenInterceptor(provider.get_tracer("bench"))]
    # By name: the instrumentation exists only in the benchmark's own environments.
    stock = importlib.import_module("opentelemetry.instrumentation.grpc")
    return [stock.aio_server_interceptor(tracer_provider=provider)]


class HandWrittenInterceptor(grpc.aio.ServerInterceptor):
    """Keeps an unsampled call's `traceparent` for onward calls and no more; records a span for a sampled one."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The method's handler with the tracing around it, made once per method."""
        method = handler_call_details.method
        if method not in self._wrapped:
            self._wrapped[method] = self._wrap(method, await continuation(handler_call_details))
        return self._wrapped[method]

    def _wrap(self, method: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        return grpc.unary_unary_rpc_method_handler(
            self._traced(method, handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _traced(self, method: str, behaviour: Behaviour) -> Any:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            traceparent = _header(context)
            _traceparent.set(traceparent)
            if not traceparent.endswith("-01"):
                return await behaviour(request, context)
            with self._tracer.start_as_current_span(
                method,
                context=_parent(traceparent),
                kind=trace.SpanKind.SERVER,
                attributes={"rpc.system": "grpc"},
            ):
                return await behaviour(request, context)

        return call


def _header(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "traceparent":
            return str(value)
    return ""


def _parent(traceparent: str) -> Any:
    _, trace_id, span_id, _ = traceparent.split("-")
    flags = TraceFlags(TraceFlags.SAMPLED)
    context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(context))
