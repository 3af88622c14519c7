"""A real server on both ports, called by real stubs: access, validation, repeats, deadlines, errors, health, draining."""

import asyncio
import datetime
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from google.rpc import error_details_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from shopmesh.cart.v1 import cart_service_pb2 as cart
from shopmesh.cart.v1 import cart_service_pb2_grpc as cart_grpc
from shopmesh.cart.v1.cart_pb2 import Cart
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog
from shopmesh.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from shopmesh.catalog.v1.category_pb2 import Category
from shopmesh.order.v1 import order_service_pb2 as orders
from shopmesh.order.v1 import order_service_pb2_grpc as orders_grpc
from shopmesh.order.v1.order_pb2 import Order

from services.chassis import ids, principal
from services.chassis.access import require_owner
from services.chassis.draining import Draining
from services.chassis.errors import NotFound
from services.chassis.pipeline import Pipeline
from services.chassis.server import Registration, Server
from services.chassis.tokens import TokenVerifier

ORDER_ID = ids.new("ord")
CART_ID = ids.text("cart", ids.random_uuid())
OWNER = "usr_owner"


class CatalogServicer(catalog_grpc.CatalogServiceServicer):
    async def GetProduct(self, request: Any, context: Any) -> Any:
        raise RuntimeError("secret inner text")

    async def CreateCategory(self, request: Any, context: Any) -> Category:
        return Category(title=principal.current().user_id)

    async def ListCategories(self, request: Any, context: Any) -> Any:
        await asyncio.Event().wait()


class OrderServicer(orders_grpc.OrderServiceServicer):
    async def GetOrder(self, request: Any, context: Any) -> Order:
        require_owner(not_found=NotFound("order", request.order_id), user_id=OWNER)
        return Order(id=request.order_id)

    async def CancelOrder(self, request: Any, context: Any) -> Order:
        return Order(id=request.order_id)  # forgets to ask whose it is

    async def WatchOrder(self, request: Any, context: Any) -> Any:
        require_owner(not_found=NotFound("order", request.order_id), user_id=OWNER)
        yield orders.WatchOrderResponse(order=Order(id=request.order_id))
        await asyncio.Event().wait()


class CartServicer(cart_grpc.CartServiceServicer):
    async def GetCart(self, request: Any, context: Any) -> Cart:
        require_owner(not_found=NotFound("cart", request.cart_id), user_id=OWNER)
        return Cart(id=request.cart_id)


class Signer:
    """Makes tokens as auth does."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).to_jwk(
            self.key.public_key(), as_dict=True
        )
        self.jwks = {"keys": [{**public, "kid": "k1", "alg": "ES256", "use": "sig"}]}

    async def fetch(self) -> str:
        return json.dumps(self.jwks)

    def token(self, user: str, role: str = "CUSTOMER", minutes: float = 5, **claims: Any) -> str:
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
        body = {"iss": "shopmesh", "aud": "shopmesh", "sub": user, "roles": [role], "exp": end, **claims}
        return jwt.encode(body, self.key, algorithm="ES256", headers={"kid": "k1"})


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@asynccontextmanager
async def public(signer: Signer, draining: Draining | None = None) -> AsyncIterator[grpc.aio.Channel]:
    pipeline = Pipeline(TokenVerifier("shopmesh", "shopmesh", signer.fetch), None, draining or Draining())
    registrations = [
        Registration(catalog_grpc.add_CatalogServiceServicer_to_server, CatalogServicer()),  # type: ignore[abstract]
        Registration(orders_grpc.add_OrderServiceServicer_to_server, OrderServicer()),  # type: ignore[abstract]
        Registration(cart_grpc.add_CartServiceServicer_to_server, CartServicer()),  # type: ignore[abstract]
    ]
    server = Server("127.0.0.1:0", registrations, pipeline, health.aio.HealthServicer(), 60)
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel
    await server.stop(0)


def bearer(token: str) -> Any:
    return (("authorization", f"Bearer {token}"),)


def details(error: grpc.aio.AioRpcError, kind: Any) -> Any:
    status = rpc_status.from_call(error)
    assert status is not None
    found = kind()
    return next((found for packed in status.details if packed.Unpack(found)), None)


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_bad_shape_names_every_wrong_field(signer: Signer) -> None:
    async with public(signer) as channel:
        stub = orders_grpc.OrderServiceStub(channel)
        error = await refusal(stub.GetOrder(orders.GetOrderRequest(order_id="nonsense")))
        request = catalog.CreateCategoryRequest(request_id="x", category=Category(slug="Bad Slug"))
        bad = await refusal(
            catalog_grpc.CatalogServiceStub(channel).CreateCategory(
                request, metadata=bearer(signer.token("u", "STAFF"))
            )
        )
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    fields = {v.field for v in details(bad, error_details_pb2.BadRequest).field_violations}
    assert fields == {"request_id", "category.slug", "category.title"}


async def test_an_unexpected_failure_says_nothing_of_its_inside(signer: Signer) -> None:
    async with public(signer) as channel:
        error = await refusal(catalog_grpc.CatalogServiceStub(channel).GetProduct(catalog.GetProductRequest(slug="x")))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(error.details())


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", grpc.StatusCode.UNAUTHENTICATED),
        ("nonsense", grpc.StatusCode.UNAUTHENTICATED),
        ("expired", grpc.StatusCode.UNAUTHENTICATED),
        ("audience", grpc.StatusCode.UNAUTHENTICATED),
        ("CUSTOMER", grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_a_staff_method_refuses(signer: Signer, token: str, code: grpc.StatusCode) -> None:
    made = {
        "expired": lambda: signer.token("u", "STAFF", minutes=-1),
        "audience": lambda: signer.token("u", "STAFF", aud="another"),
        "CUSTOMER": lambda: signer.token("u"),
    }.get(token, lambda: token)()
    request = catalog.CreateCategoryRequest(request_id=str(uuid4()), category=Category(slug="a", title="A"))
    async with public(signer) as channel:
        call = catalog_grpc.CatalogServiceStub(channel).CreateCategory(request, metadata=bearer(made) if made else None)
        assert (await refusal(call)).code() is code


@pytest.mark.parametrize("role", ["STAFF", "ADMIN"])
async def test_staff_and_administrators_pass_a_staff_method(signer: Signer, role: str) -> None:
    request = catalog.CreateCategoryRequest(category=Category(slug="a", title="A"))
    metadata = (*bearer(signer.token("usr_s", role)), ("idempotency-key", str(uuid4())))
    async with public(signer) as channel:
        answer = await catalog_grpc.CatalogServiceStub(channel).CreateCategory(request, metadata=metadata)
    assert answer.title == "usr_s"


async def test_an_owner_and_staff_pass_and_anybody_else_finds_nothing(signer: Signer) -> None:
    request = orders.GetOrderRequest(order_id=ORDER_ID)
    async with public(signer) as channel:
        stub = orders_grpc.OrderServiceStub(channel)
        for token in (signer.token(OWNER), signer.token("usr_s", "STAFF")):
            assert (await stub.GetOrder(request, metadata=bearer(token))).id == ORDER_ID
        for metadata in (None, bearer(signer.token("usr_other"))):
            error = await refusal(stub.GetOrder(request, metadata=metadata))
            assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_staff_pass_an_owners_method_only_where_its_contract_lists_them(signer: Signer) -> None:
    request = cart.GetCartRequest(cart_id=CART_ID)
    async with public(signer) as channel:
        stub = cart_grpc.CartServiceStub(channel)
        assert (await stub.GetCart(request, metadata=bearer(signer.token(OWNER)))).id == CART_ID
        for role in ("STAFF", "ADMIN"):
            error = await refusal(stub.GetCart(request, metadata=bearer(signer.token("usr_s", role))))
            assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_a_handler_that_forgets_to_ask_for_the_owner_does_not_answer(signer: Signer) -> None:
    request = orders.CancelOrderRequest(order_id=ORDER_ID, request_id=str(uuid4()))
    async with public(signer) as channel:
        error = await refusal(orders_grpc.OrderServiceStub(channel).CancelOrder(request))
    assert error.code() is grpc.StatusCode.INTERNAL


async def test_a_call_ends_at_its_deadline(signer: Signer) -> None:
    async with public(signer) as channel:
        call = catalog_grpc.CatalogServiceStub(channel).ListCategories(catalog.ListCategoriesRequest(), timeout=0.2)
        assert (await refusal(call)).code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_stream_ends_when_the_service_drains(signer: Signer) -> None:
    draining = Draining()
    async with public(signer, draining) as channel:
        request = orders.WatchOrderRequest(order_id=ORDER_ID)
        stream = orders_grpc.OrderServiceStub(channel).WatchOrder(request, metadata=bearer(signer.token(OWNER)))
        first = await stream.read()
        assert isinstance(first, orders.WatchOrderResponse)
        assert first.order.id == ORDER_ID
        draining.begin()
        assert (await refusal(stream.read())).code() is grpc.StatusCode.UNAVAILABLE


async def test_health_is_asked_without_a_token(signer: Signer) -> None:
    async with public(signer) as channel:
        error = await refusal(
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="unknown"))
        )
    assert error.code() is grpc.StatusCode.NOT_FOUND
