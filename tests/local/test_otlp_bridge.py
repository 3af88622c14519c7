"""OTLP spans as Zipkin's JSON."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from deploy.local.otlp_bridge import convert, to_zipkin

TRACE, PARENT, OWN = bytes(range(16)), bytes(range(8)), bytes(range(8, 16))


def a_span(**changes: object) -> Span:
    span = Span(
        trace_id=TRACE,
        span_id=OWN,
        name="PlaceOrder",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=1_000_000_000,
        end_time_unix_nano=1_002_500_000,
    )
    span.MergeFrom(Span(**changes))  # type: ignore[arg-type] # builders take any field
    return span


def test_ids_are_hex_and_times_are_microseconds() -> None:
    assert to_zipkin(a_span(parent_span_id=PARENT), "order") == {
        "traceId": "000102030405060708090a0b0c0d0e0f",
        "id": "08090a0b0c0d0e0f",
        "parentId": "0001020304050607",
        "name": "PlaceOrder",
        "kind": "SERVER",
        "timestamp": 1_000_000,
        "duration": 2500,
        "localEndpoint": {"serviceName": "order"},
    }


def test_a_root_span_has_no_parent() -> None:
    assert "parentId" not in to_zipkin(a_span(), "order")


def test_attributes_links_and_failures_become_tags() -> None:
    sku = KeyValue(key="sku", value=AnyValue(string_value="mug-blue"))
    count = KeyValue(key="count", value=AnyValue(int_value=3))
    failed = Status(code=Status.STATUS_CODE_ERROR, message="no stock")
    span = a_span(attributes=[sku, count], links=[Span.Link(trace_id=TRACE, span_id=PARENT)], status=failed)
    assert to_zipkin(span, "order")["tags"] == {
        "sku": "mug-blue",
        "count": "3",
        "link.0": f"{TRACE.hex()}/{PARENT.hex()}",
        "error": "no stock",
    }


def test_spans_bear_the_name_of_their_resources_service() -> None:
    service = KeyValue(key="service.name", value=AnyValue(string_value="cart"))
    spans = ResourceSpans(resource=Resource(attributes=[service]), scope_spans=[ScopeSpans(spans=[a_span()])])
    (converted,) = convert(ExportTraceServiceRequest(resource_spans=[spans]))
    assert converted["localEndpoint"] == {"serviceName": "cart"}
