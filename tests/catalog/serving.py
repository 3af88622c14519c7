"""Catalog as it is wired, on both of its real ports, with real stubs to call it by."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2
from google.type.money_pb2 import Money
from grpc_health.v1 import health
from pydantic import SecretStr
from shopmesh.catalog.v1 import catalog_internal_service_pb2_grpc as internal_grpc
from shopmesh.catalog.v1 import catalog_service_pb2 as pb
from shopmesh.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from shopmesh.catalog.v1.product_pb2 import (
    OptionValue,
    Product,
    ProductOption,
    Variant,
)

from deploy.local.certificates import Certificates as LocalCertificates
from services.catalog.main import assemble
from services.catalog.settings import Settings
from services.chassis import ids
from services.chassis.certificates import Certificates
from services.chassis.channels import Channels
from services.chassis.draining import Draining
from services.chassis.pipeline import Pipeline
from services.chassis.server import Registration, Server
from services.chassis.tokens import TokenVerifier
from tests.chassis.conftest import tls_settings
from tests.chassis.test_server import Signer, bearer, details


@dataclasses.dataclass
class Api:
    """Stubs of a running catalog; ``staff`` and ``customer`` are metadata with tokens."""

    public: "catalog_grpc.CatalogServiceAsyncStub"
    internal: "internal_grpc.CatalogInternalServiceAsyncStub"
    staff: Any
    customer: Any

    async def create(self, **given: Any) -> Product:
        request = pb.CreateProductRequest(request_id=str(uuid4()), product=shirt(**given))
        return await self.public.CreateProduct(request, metadata=self.staff)

    async def update(self, product: Product, *mask: str) -> Product:
        request = pb.UpdateProductRequest(
            request_id=str(uuid4()), product=product, update_mask=FieldMask(paths=mask) if mask else None
        )
        return await self.public.UpdateProduct(request, metadata=self.staff)


def shirt(**given: Any) -> Product:
    """A shirt in two sizes as staff describe it, three of each in stock."""
    mark = ids.new("x")[2:]
    product = Product(
        slug=f"linen-shirt-{mark}",
        title="Linen shirt",
        short_description="A light shirt.",
        image_urls=["https://example.org/shirt.svg"],
        options=[ProductOption(name="Size", values=["S", "M"])],
        variants=[variant(size, sku=f"LS-{mark}-{size}") for size in ("S", "M")],
    )
    product.MergeFrom(Product(**given))
    return product


def variant(size: str, **given: Any) -> Variant:
    values: dict[str, Any] = {
        "option_values": [OptionValue(name="Size", value=size)],
        "prices": [euros(49)],
        "initial_stock": 3,
    }
    return Variant(**values | given)


def euros(units: int, nanos: int = 0) -> Money:
    return Money(currency_code="EUR", units=units, nanos=nanos)


@asynccontextmanager
async def running(database_url: str, folder: Path) -> AsyncIterator[Api]:
    """Catalog over this database; ``folder`` takes its certificates."""
    LocalCertificates(cast(Any, SimpleNamespace(folder=lambda _: folder))).renew()
    service = assemble(Settings(database_url=SecretStr(database_url), **vars(tls_settings(folder, "catalog"))))
    signer, status = Signer(), health.aio.HealthServicer()
    verifier = TokenVerifier("shopmesh", "shopmesh", signer.fetch)
    pipelines = (
        Pipeline(verifier, service.requests, Draining()),
        Pipeline(None, service.requests, Draining()),
    )
    certificates = Certificates(tls_settings(folder, "catalog"))
    public = Server("127.0.0.1:0", [Registration(*r) for r in service.public], pipelines[0], status, 60)
    internal = Server(
        "127.0.0.1:0", [Registration(*r) for r in service.internal], pipelines[1], status, 60, certificates
    )
    target = tls_settings(folder, "order", catalog_target=f"127.0.0.1:{internal.port}")
    async with service.resources[0], Channels(target) as channels:
        await public.start()
        await internal.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{public.port}") as channel:
            yield Api(
                cast(Any, catalog_grpc.CatalogServiceStub(channel)),
                cast(Any, internal_grpc.CatalogInternalServiceStub(channels.target("catalog"))),
                bearer(signer.token("usr_staff", "STAFF")),
                bearer(signer.token("usr_somebody")),
            )
        await public.stop(0)
        await internal.stop(0)


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def reason(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str]:
    return error.code(), details(error, error_details_pb2.ErrorInfo).reason


def fields(error: grpc.aio.AioRpcError) -> list[str]:
    return [violation.field for violation in details(error, error_details_pb2.BadRequest).field_violations]
