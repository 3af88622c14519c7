"""Tokens at the edge: which methods want one, and which are good."""

from collections.abc import Callable

import grpc
import httpx
import jwt
import pytest

from tests.edge.conftest import KEY, OTHER_KEY, bearer
from tests.edge.upstream import Upstream, unary

pytestmark = pytest.mark.stack

ORDER = "/api/v1/orders/ord_01h2xcejqtf2nbrexx3vqjhp41"
ENDLESS = {"iss": "shopmesh", "aud": "shopmesh"}
PUBLIC, OWNER, CUSTOMER, STAFF = "/api/v1/products", ORDER, "/api/v1/me", "/api/v1/deliveries"


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["details"][0]["reason"])


@pytest.mark.parametrize("path", [PUBLIC, OWNER, CUSTOMER])
async def test_a_good_token_passes_and_reaches_the_service(
    client: httpx.AsyncClient, upstream: Upstream, path: str
) -> None:
    token = bearer()
    answer = await client.get(path, headers=token)
    assert answer.status_code == 200
    assert upstream.only_call.metadata["authorization"] == token["authorization"]


@pytest.mark.parametrize("path", [PUBLIC, OWNER])
async def test_public_and_owned_resources_need_no_token(
    client: httpx.AsyncClient, upstream: Upstream, path: str
) -> None:
    assert (await client.get(path)).status_code == 200
    assert upstream.only_call


@pytest.mark.parametrize("path", [CUSTOMER, STAFF])
async def test_the_others_do(client: httpx.AsyncClient, upstream: Upstream, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, 16)
    assert upstream.calls == []


@pytest.mark.parametrize("path", [PUBLIC, OWNER, CUSTOMER, STAFF])
@pytest.mark.parametrize(
    ("token", "status"),
    [
        (lambda: bearer(minutes=-5), 401),
        (lambda: bearer(key=OTHER_KEY), 401),
        (lambda: bearer(iss="somebody"), 401),
        (lambda: bearer(aud="somebody"), 403),
        (lambda: {"authorization": "Bearer nonsense"}, 401),
        (lambda: {"authorization": f"Bearer {jwt.encode({'sub': 'usr_1'}, '', algorithm='none')}"}, 401),
        (lambda: {"authorization": f"Bearer {jwt.encode(ENDLESS, KEY, algorithm='ES256')}"}, 401),
    ],
    ids=["expired", "other key", "other issuer", "other audience", "nonsense", "unsigned", "endless"],
)
async def test_a_bad_token_is_refused_everywhere(
    client: httpx.AsyncClient, upstream: Upstream, path: str, token: Callable[[], dict[str, str]], status: int
) -> None:
    answer = await client.get(path, headers=token())  # made now: one made at collection ends before a long suite does
    assert answer.status_code == status
    assert answer.json()["code"] == {401: 16, 403: 7}[status]
    assert reason(answer) in ("INVALID_TOKEN", "TOKEN_REFUSED")
    assert upstream.calls == []


async def test_native_grpc_is_told_by_its_own_status(channel: grpc.aio.Channel, upstream: Upstream) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await unary(channel, "/shopmesh.auth.v1.AuthService/GetMe", b"")
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert "{" not in str(refused.value.details())
    assert upstream.calls == []


async def test_the_public_keys_are_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["keys"][0]["kid"] == "k1"
