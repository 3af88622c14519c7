"""The shape of requests, before any of them reaches a handler."""

import pytest
from google.protobuf.message import Message
from shopmesh.auth.v1.auth_service_pb2 import LogInRequest
from shopmesh.catalog.v1.catalog_service_pb2 import AdjustStockRequest, GetProductRequest, UpdateProductRequest
from shopmesh.catalog.v1.product_pb2 import Product, ProductOption

from services.chassis import ids
from services.chassis.errors import InvalidArgument
from services.chassis.validation import validate

REQUEST_ID = "6f1c0a52-8a0e-4b53-9f5e-1d3a0c6f7b21"


def a_product(**given: object) -> UpdateProductRequest:
    return UpdateProductRequest(request_id=REQUEST_ID, product=Product(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (LogInRequest(email="ada\0", password="\0"), {"email", "password"}),
        (GetProductRequest(slug="\0"), {"slug"}),
        (a_product(title="\0", slug="fine"), {"product.title"}),
        (a_product(options=[ProductOption(), ProductOption(values=["S", "\0"])]), {"product.options[1].values[1]"}),
    ],
)
def test_a_text_with_a_nul_is_refused_by_name(request_: Message, fields: set[str]) -> None:
    with pytest.raises(InvalidArgument) as error:
        validate(request_)
    assert {fault.field for fault in error.value.fields} == fields


def test_zero_bytes_that_are_no_text_are_none() -> None:
    validate(AdjustStockRequest(request_id=REQUEST_ID, variant_id=ids.new("var"), delta=2**28, reason="delivery"))
