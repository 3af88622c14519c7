"""Takes spans by OTLP/gRPC and hands them to Zipkin as its v2 JSON; metrics are taken and dropped.

`python -m deploy.local.otlp_bridge --listen HOST:PORT --zipkin URL`
"""

import asyncio
from typing import Any

import click
import grpc
import httpx
from opentelemetry.proto.collector.metrics.v1 import (
    metrics_service_pb2,
    metrics_service_pb2_grpc,
)
from opentelemetry.proto.collector.trace.v1 import (
    trace_service_pb2,
    trace_service_pb2_grpc,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

KINDS = {
    Span.SPAN_KIND_SERVER: "SERVER",
    Span.SPAN_KIND_CLIENT: "CLIENT",
    Span.SPAN_KIND_PRODUCER: "PRODUCER",
    Span.SPAN_KIND_CONSUMER: "CONSUMER",
}


def text(value: AnyValue) -> str:
    """The value as a tag; Zipkin's tags are text only."""
    kind = value.WhichOneof("value")
    return "" if kind is None else str(getattr(value, kind)).strip()


def tags(attributes: list[KeyValue]) -> dict[str, str]:
    return {each.key: text(each.value) for each in attributes}


def to_zipkin(span: Span, service: str) -> dict[str, Any]:
    """One span as Zipkin's JSON: ids in hex, times in microseconds, links as `link.<n>` tags."""
    links = {f"link.{n}": f"{link.trace_id.hex()}/{link.span_id.hex()}" for n, link in enumerate(span.links)}
    failure = {"error": span.status.message or "error"} if span.status.code == Status.STATUS_CODE_ERROR else {}
    zipkin = {
        "traceId": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parentId": span.parent_span_id.hex(),
        "name": span.name,
        "kind": KINDS.get(span.kind, ""),
        "timestamp": span.start_time_unix_nano // 1000,
        "duration": max(1, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000),
        "localEndpoint": {"serviceName": service},
        "annotations": [{"timestamp": event.time_unix_nano // 1000, "value": event.name} for event in span.events],
        "tags": {**tags(list(span.attributes)), **links, **failure},
    }
    return {key: value for key, value in zipkin.items() if value}


def convert(request: trace_service_pb2.ExportTraceServiceRequest) -> list[dict[str, Any]]:
    """Every span of the request, each under its resource's `service.name`."""
    return [
        to_zipkin(span, tags(list(resource.resource.attributes)).get("service.name", "unknown"))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


class Traces(trace_service_pb2_grpc.TraceServiceServicer):
    """Forwards at once; the caller's exporter retries what the viewer didn't take."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def Export(  # noqa: N802 - the contract names it
        self,
        request: trace_service_pb2.ExportTraceServiceRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        try:
            (await self._client.post(self._url, json=convert(request))).raise_for_status()
        except httpx.HTTPError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, f"the trace viewer didn't take the spans: {error}")
        return trace_service_pb2.ExportTraceServiceResponse()


class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    """Takes metrics and drops them: the viewer shows traces only, and an exporter without a peer logs errors."""

    async def Export(  # noqa: N802 - the contract names it
        self,
        request: metrics_service_pb2.ExportMetricsServiceRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> metrics_service_pb2.ExportMetricsServiceResponse:
        del request, context
        return metrics_service_pb2.ExportMetricsServiceResponse()


async def serve(listen: str, zipkin: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 * 1024 * 1024)])
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Traces(client, zipkin), server)  # type: ignore[no-untyped-call]
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)  # type: ignore[no-untyped-call]
        server.add_insecure_port(listen)
        await server.start()
        await server.wait_for_termination()


@click.command()
@click.option("--listen", required=True, help="host:port to take OTLP/gRPC on")
@click.option("--zipkin", required=True, help="address of Zipkin's /api/v2/spans")
def main(listen: str, zipkin: str) -> None:
    asyncio.run(serve(listen, zipkin))


if __name__ == "__main__":
    main()
