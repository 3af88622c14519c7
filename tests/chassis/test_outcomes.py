"""How a call ended is told to metrics, logs and the trace."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog
from shopmesh.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from shopmesh.catalog.v1.category_pb2 import Category
from shopmesh.order.v1 import order_service_pb2 as orders
from shopmesh.order.v1 import order_service_pb2_grpc as orders_grpc
from structlog.testing import capture_logs

from services.chassis import ids, telemetry
from services.chassis.logs import _add_context
from tests.chassis.test_server import ORDER_ID, OWNER, Signer, bearer, public, refusal
from tests.serving import serving
from tests.waiting import until

TRACEPARENT = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("tests"))
    return exporter


def codes(logged: Sequence[Mapping[str, Any]]) -> list[object]:
    return [entry["code"] for entry in logged if entry["event"] == "call"]


class Hanging(catalog_grpc.CatalogServiceServicer):
    """Begins and never ends."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def ListCategories(self, request: Any, context: Any) -> Any:
        self.begun.set()
        await asyncio.Event().wait()


async def test_a_call_whose_caller_hangs_up_is_cancelled_and_not_ok() -> None:
    hanging = Hanging()  # type: ignore[abstract]
    with capture_logs() as logged:
        async with serving([(catalog_grpc.add_CatalogServiceServicer_to_server, hanging)]) as channel:
            call = catalog_grpc.CatalogServiceStub(channel).ListCategories(catalog.ListCategoriesRequest())
            answering = asyncio.ensure_future(refusal(call))
            await hanging.begun.wait()
            call.cancel()
            await until(lambda: codes(logged) == ["CANCELLED"])
            answering.cancel()


async def test_a_stream_that_its_watcher_leaves_is_cancelled(signer: Signer) -> None:
    with capture_logs() as logged:
        async with public(signer) as channel:
            request = orders.WatchOrderRequest(order_id=ORDER_ID)
            stream = orders_grpc.OrderServiceStub(channel).WatchOrder(request, metadata=bearer(signer.token(OWNER)))
            await stream.read()
            stream.cancel()
            await until(lambda: codes(logged) == ["CANCELLED"])


async def test_our_own_failure_marks_the_span_and_the_callers_does_not(
    signer: Signer, spans: InMemorySpanExporter
) -> None:
    async with public(signer) as channel:
        metadata = (TRACEPARENT,)
        products = catalog_grpc.CatalogServiceStub(channel)
        await refusal(products.GetProduct(catalog.GetProductRequest(slug="x"), metadata=metadata))
        request = orders.GetOrderRequest(order_id=ids.new("ord"))
        await refusal(orders_grpc.OrderServiceStub(channel).GetOrder(request, metadata=metadata))
    failed = {span.name.rpartition("/")[2]: span.status.is_ok for span in spans.get_finished_spans()}
    assert failed == {"GetProduct": False, "GetOrder": True}


async def test_a_line_of_a_repeatable_call_carries_its_request_id(signer: Signer) -> None:
    request = catalog.CreateCategoryRequest(request_id=str(uuid4()), category=Category(slug="a", title="A"))
    lines: list[object] = []
    with capture_logs(processors=[_add_context]) as logged:
        async with public(signer) as channel:
            stub = catalog_grpc.CatalogServiceStub(channel)
            await stub.CreateCategory(request, metadata=bearer(signer.token("usr_s", "STAFF")))
        lines = [(entry["request_id"], entry["caller"]) for entry in logged if entry["event"] == "call"]
    assert lines == [(request.request_id, "usr_s")]
