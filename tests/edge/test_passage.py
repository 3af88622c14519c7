"""What reaches a service and what comes back: metadata, raw bodies, streams, trace ids."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from google.api import httpbody_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog
from shopmesh.order.v1 import order_pb2
from shopmesh.order.v1 import order_service_pb2 as order
from shopmesh.payment.v1 import payment_service_pb2 as payment

from tests.edge.conftest import Edge, bearer
from tests.edge.upstream import Call, Context, Upstream
from tests.waiting import eventually

pytestmark = pytest.mark.stack

ORDER_ID = "ord_01h2xcejqtf2nbrexx3vqjhp41"
WATCH = f"/api/v1/orders/{ORDER_ID}:watch"
EVENTS = "/shopmesh.order.v1.OrderService/WatchOrderEvents"


async def test_headers_of_callers_arrive_as_metadata(
    client: httpx.AsyncClient, upstream: Upstream, address: str
) -> None:
    key = "6f1c0a52-8a0e-4b53-9f5e-1d3a0c6f7b21"
    await client.post("/api/v1/carts", json={}, headers={"idempotency-key": key, "x-order-token": "ot_1"})
    metadata = upstream.only_call.metadata
    assert metadata["idempotency-key"] == key
    assert metadata["x-order-token"] == "ot_1"
    assert metadata["x-envoy-external-address"] == address
    assert metadata["x-request-id"]


async def test_headers_of_the_edges_own_cannot_be_spoofed(
    client: httpx.AsyncClient, upstream: Upstream, address: str
) -> None:
    spoofed = {
        "x-envoy-external-address": "6.6.6.6",
        "x-envoy-original-path": "/admin",
        "x-envoy-original-method": "DELETE",
        "x-envoy-internal": "true",
        "x-envoy-upstream-rq-timeout-ms": "60000",
        "x-envoy-anything": "1",
        "x-forwarded-client-cert": "Subject=order",
        "x-request-id": "chosen",
        "x_order_token": "ot_2",
        "x-forwarded-for": f"6.6.6.6, {address}",
    }
    await client.get("/api/v1/products", headers=spoofed)
    metadata = upstream.only_call.metadata
    assert metadata["x-envoy-external-address"] == address
    assert metadata["x-envoy-original-path"] == "/api/v1/products"
    assert metadata["x-envoy-original-method"] == "GET"
    assert metadata["x-request-id"] != "chosen"
    for name in ("x-envoy-internal", "x-envoy-upstream-rq-timeout-ms", "x-envoy-anything", "x-forwarded-client-cert"):
        assert name not in metadata
    assert "x_order_token" not in metadata


async def test_a_webhooks_body_arrives_byte_for_byte(client: httpx.AsyncClient, upstream: Upstream) -> None:
    body = b'{ "b": 1,\n\t"a": "\xc3\xa9\\u00e9" }\r\n' + bytes(range(256)) + secrets.token_bytes(2000)
    headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": "t=1,v1=abc"}
    answer = await client.post("/webhooks/stripe", content=body, headers=headers)
    notice = payment.ReceiveStripeNoticeRequest.FromString(upstream.only_call.request).notice
    assert (answer.status_code, answer.json()) == (200, {})
    assert notice.data == body
    assert notice.content_type == "application/json; charset=utf-8"
    assert upstream.only_call.metadata["stripe-signature"] == "t=1,v1=abc"


async def test_an_update_keeps_its_mask_and_path(client: httpx.AsyncClient, upstream: Upstream) -> None:
    path = "/api/v1/products/prod_01h2xcejqtf2nbrexx3vqjhp41?updateMask=title,imageUrls&requestId=r1"
    await client.patch(path, json={"title": "New", "imageUrls": ["https://x.example/1.png"]}, headers=bearer())
    request = catalog.UpdateProductRequest.FromString(upstream.only_call.request)
    assert list(request.update_mask.paths) == ["title", "image_urls"]
    assert (request.request_id, request.product.id) == ("r1", "prod_01h2xcejqtf2nbrexx3vqjhp41")
    assert (request.product.title, list(request.product.image_urls)) == ("New", ["https://x.example/1.png"])


async def test_lists_and_money_are_read(client: httpx.AsyncClient, upstream: Upstream) -> None:
    states = "states=ORDER_STATE_PAID&states=ORDER_STATE_CONFIRMED"
    await client.get(f"/api/v1/me/orders?{states}", headers=bearer())
    assert len(order.ListOrdersRequest.FromString(upstream.only_call.request).states) == 2
    upstream.forget()
    total = {"currencyCode": "EUR", "units": "12", "nanos": 900000000}
    await client.post("/api/v1/orders", json={"expectedTotal": total})
    assert order.PlaceOrderRequest.FromString(upstream.only_call.request).expected_total.units == 12


def event(text: str) -> bytes:
    body = httpbody_pb2.HttpBody(content_type="text/event-stream", data=text.encode())
    return bytes(body.SerializeToString())


async def test_server_sent_events_arrive_one_by_one(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """Each is read before the next is sent, so nothing on the way holds them back, nor compresses them."""
    told = asyncio.Queue[str]()

    async def events(_: Call, __: Context) -> AsyncIterator[bytes]:
        while (text := await told.get()) != "end":
            yield event(text)

    upstream.streams[EVENTS] = events
    headers = {"last-event-id": "7", "x-order-token": "ot_1", "accept-encoding": "gzip, br"}
    told.put_nowait(": ping\n\n")
    async with client.stream("GET", WATCH, headers=headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in answer.headers
        parts = answer.aiter_text()
        assert await anext(parts) == ": ping\n\n"
        told.put_nowait("id: 8\nevent: order\ndata: {}\n\n")
        assert await anext(parts) == "id: 8\nevent: order\ndata: {}\n\n"
        told.put_nowait("end")
        assert [part async for part in parts] == []
    assert upstream.only_call.metadata["last-event-id"] == "7"
    assert order.WatchOrderEventsRequest.FromString(upstream.only_call.request).order_id == ORDER_ID


async def test_a_reader_who_leaves_frees_the_service(client: httpx.AsyncClient, upstream: Upstream) -> None:
    left = asyncio.Event()

    async def events(_: Call, __: Context) -> AsyncIterator[bytes]:
        try:
            yield event(": ping\n\n")
            await asyncio.Event().wait()
        finally:
            left.set()

    upstream.streams[EVENTS] = events
    async with client.stream("GET", WATCH) as answer:
        assert await anext(answer.aiter_text())
    await asyncio.wait_for(left.wait(), 5)


async def test_a_refused_stream_is_an_error_like_others(client: httpx.AsyncClient, upstream: Upstream) -> None:
    async def events(_: Call, context: Context) -> AsyncIterator[bytes]:
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        yield b""

    upstream.streams[EVENTS] = events
    answer = await client.get(WATCH)
    assert (answer.status_code, answer.json()["code"]) == (404, 5)


async def test_a_typed_stream_by_grpc(
    channel: grpc.aio.Channel, upstream: Upstream, forwarded: tuple[tuple[str, str], ...]
) -> None:
    async def changes(_: Call, __: Context) -> AsyncIterator[bytes]:
        for version in (1, 2):
            yield order.WatchOrderResponse(order=order_pb2.Order(version=version)).SerializeToString()

    path = "/shopmesh.order.v1.OrderService/WatchOrder"
    upstream.streams[path] = changes
    call: Any = channel.unary_stream(path, response_deserializer=order.WatchOrderResponse.FromString)
    answers = [answer.order.version async for answer in call(b"", metadata=forwarded)]
    assert answers == [1, 2]


async def test_a_trace_of_the_callers_goes_on(client: httpx.AsyncClient, upstream: Upstream, edge: Edge) -> None:
    trace_id = secrets.token_hex(16)
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    answer = await client.get("/api/v1/products?pageToken=secret", headers=headers)
    assert answer.headers["x-trace-id"] == trace_id
    assert upstream.only_call.metadata["traceparent"].split("-")[1] == trace_id

    async def logged() -> bool:
        return any(line["trace_id"] == trace_id for line in edge.access_log)

    async def exported() -> bool:
        return any(trace_id in trace_ids(spans) for spans in upstream.spans)

    await eventually(logged, "the access log")
    line = next(line for line in edge.access_log if line["trace_id"] == trace_id)
    assert (line["verb"], line["path"], line["status"]) == ("GET", "/api/v1/products", 200)
    assert line["method"] == "shopmesh.catalog.v1.CatalogService/ListProducts"
    assert "secret" not in str(line)
    await eventually(exported, "the exported span")


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/v1/carts/{}", "/api/v1/carts/*"),
        ("/api/v1/carts/{}/items?x=1", "/api/v1/carts/*/items"),
        ("/api/v1/carts/{}/nothing", "/api/v1/carts/*/nothing"),
        ("/api//v1/carts//{}", "/api/v1/carts/*"),
    ],
)
async def test_the_id_of_a_guests_cart_is_a_key_and_stands_in_no_log_and_no_span(
    client: httpx.AsyncClient, upstream: Upstream, edge: Edge, path: str, logged: str
) -> None:
    trace_id, cart_id = secrets.token_hex(16), f"cart_0{secrets.token_hex(12)}0"
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    await client.get(path.format(cart_id), headers=headers)

    async def written() -> bool:
        told = any(line["trace_id"] == trace_id for line in edge.access_log)
        return told and any(trace_id in trace_ids(spans) for spans in upstream.spans)

    await eventually(written, "the access log and the span")
    [line] = [line for line in edge.access_log if line["trace_id"] == trace_id]
    assert line["path"] == logged
    assert cart_id not in str(edge.access_log)
    assert any(logged.encode() in spans for spans in upstream.spans)
    assert not [spans for spans in upstream.spans if cart_id.encode() in spans]


def trace_ids(export: bytes) -> set[str]:
    spans = ExportTraceServiceRequest.FromString(export).resource_spans
    return {span.trace_id.hex() for resource in spans for scope in resource.scope_spans for span in scope.spans}


async def test_each_request_has_a_trace_of_its_own(client: httpx.AsyncClient, upstream: Upstream) -> None:
    answers = [await client.get(path) for path in ("/api/v1/products", "/api/v1/nothing", "/api/v1/me")]
    ids = [answer.headers["x-trace-id"] for answer in answers]
    assert len(set(ids)) == 3
    assert upstream.only_call.metadata["traceparent"].split("-")[1] == ids[0]
