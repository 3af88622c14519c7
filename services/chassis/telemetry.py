"""Traces and metrics by OpenTelemetry, with hand-written context so that an unsampled call stays cheap.

The current position in a trace is one W3C ``traceparent`` string in a context variable. Where its sampled flag is off,
``span`` creates nothing and only carries the string on. Sources: W3C Trace Context, OpenTelemetry semantic conventions.
"""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.chassis.settings import ChassisSettings

Attributes = Mapping[str, str | int | float | bool]
_current: ContextVar[str] = ContextVar("traceparent", default="")
_tracer = trace.get_tracer("shopmesh")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_TRACEPARENT = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def set_up(service: str, settings: ChassisSettings) -> None:
    """Installs the providers of this process; spans and metrics are exported where an OTLP address is set."""
    resource = Resource.create({"service.name": service})
    tracers = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(settings.trace_ratio)))
    if settings.otlp_endpoint:
        # Imported where it is used: a start without it is shorter by a tenth.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(settings.otlp_endpoint, insecure=not settings.otlp_endpoint.startswith("https"))
        tracers.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    trace.set_tracer_provider(tracers)
    readers: list[MetricReader] = [PrometheusMetricReader()]
    if settings.otlp_metrics_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(settings.otlp_metrics_endpoint, insecure=True)))
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=readers))


def shut_down() -> None:
    """Exports what is still held back."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if isinstance(provider, TracerProvider | MeterProvider):
            provider.shutdown()


def current_traceparent() -> str:
    """Where we are in a trace, as a W3C traceparent; empty outside any."""
    return _current.get()


def current_trace_id() -> str:
    """The id of the current trace, 32 hexadecimal digits; empty outside any."""
    return _current.get()[3:35]


def is_sampled(traceparent: str) -> bool:
    """Whether a traceparent asks for recording."""
    return is_traceparent(traceparent) and int(traceparent[-2:], 16) & 1 == 1


def is_traceparent(text: str) -> bool:
    """Whether a header is a traceparent of the present version."""
    return _TRACEPARENT.fullmatch(text) is not None


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    links: Sequence[str] = (),
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """A span below ``parent`` (a traceparent; None: the current one, empty: a new trace); an exception marks it failed.

    Where the trace is not sampled, what is given takes everything and keeps nothing.
    """
    above = _current.get() if parent is None else parent
    known = is_traceparent(above)
    if known and not int(above[-2:], 16) & 1:
        with _positioned(above):
            yield trace.INVALID_SPAN
        return
    context = trace.set_span_in_context(NonRecordingSpan(_span_context(above))) if known else None
    linked = [Link(_span_context(link)) for link in links if is_traceparent(link)]
    recorded = _tracer.start_span(name, context=context, kind=kind, links=linked, attributes=attributes)
    try:
        with _positioned(_traceparent(recorded.get_span_context())):
            yield recorded
    except BaseException as error:
        mark_failed(recorded, error)
        raise
    finally:
        recorded.end()


def mark_failed(recorded: Span, error: BaseException) -> None:
    """Marks a span failed; for errors that end inside it."""
    recorded.set_status(Status(StatusCode.ERROR, getattr(error, "reason", "") or type(error).__name__))


@contextmanager
def _positioned(traceparent: str) -> Iterator[None]:
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def _span_context(traceparent: str) -> SpanContext:
    _, trace_id, span_id, _ = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=_SAMPLED)


def _traceparent(context: SpanContext) -> str:
    if not context.is_valid:  # no provider is installed: still give the work an id that logs can carry
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def meter() -> metrics.Meter:
    """Makes the instruments of this process; call it after ``set_up`` or before, both work."""
    return metrics.get_meter("shopmesh")
