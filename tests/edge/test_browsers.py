"""What browsers care for: origins, compression, revalidation, documents, headers."""

import gzip

import httpx
import pytest
from shopmesh.catalog.v1 import catalog_service_pb2 as catalog

from deploy.edge.render import GENERATED
from tests.edge.conftest import ORIGIN
from tests.edge.upstream import Answer, Call, Context, Upstream

pytestmark = pytest.mark.stack

PRODUCTS = "/shopmesh.catalog.v1.CatalogService/ListProducts"
TOKEN = "t" * 127


def preflight(origin: str, verb: str = "POST") -> dict[str, str]:
    return {"origin": origin, "access-control-request-method": verb, "access-control-request-headers": "authorization"}


def listing(repeats: int = 1, **headers: str) -> Answer:
    """An answer of ListProducts with a long text in it, and response headers of the service's own."""

    async def answer(_: Call, context: Context) -> bytes:
        await context.send_initial_metadata(tuple(headers.items()))
        return catalog.ListProductsResponse(next_page_token=TOKEN * repeats).SerializeToString()

    return answer


@pytest.mark.parametrize(
    "path", ["/api/v1/orders", "/api/v1/sessions:refresh", "/shopmesh.order.v1.OrderService/GetOrder"]
)
async def test_a_listed_origin_may_call(client: httpx.AsyncClient, upstream: Upstream, path: str) -> None:
    answer = await client.options(path, headers=preflight(ORIGIN))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    for name in ("authorization", "idempotency-key", "x-order-token", "last-event-id", "if-none-match", "traceparent"):
        assert name in answer.headers["access-control-allow-headers"]
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers
    assert upstream.calls == []


async def test_another_origin_may_not(client: httpx.AsyncClient, upstream: Upstream) -> None:
    answer = await client.options("/api/v1/orders", headers=preflight("https://evil.example"))
    assert "access-control-allow-origin" not in answer.headers
    assert upstream.calls == []


async def test_a_page_can_read_answers_and_errors(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/products", "/api/v1/nothing", "/api/v1/me"):
        answer = await client.get(path, headers={"origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "x-trace-id" in answer.headers["access-control-expose-headers"]
        assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize("coding", ["gzip", "br"])
async def test_answers_are_compressed(client: httpx.AsyncClient, upstream: Upstream, coding: str) -> None:
    upstream.answers[PRODUCTS] = listing(8, etag='"7"')
    async with client.stream("GET", "/api/v1/products", headers={"accept-encoding": coding}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["etag"] == 'W/"7"'
    assert len(raw) < 300
    if coding == "gzip":
        assert TOKEN * 8 in gzip.decompress(raw).decode()


async def test_small_answers_are_not(client: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.answers[PRODUCTS] = listing(1)
    assert "content-encoding" not in (await client.get("/api/v1/products")).headers


@pytest.mark.parametrize("known", ['"7"', 'W/"7"', '"1", W/"7"', "*"])
async def test_what_is_known_is_not_sent_again(client: httpx.AsyncClient, upstream: Upstream, known: str) -> None:
    upstream.answers[PRODUCTS] = listing(8, etag='"7"', **{"cache-control": "public, max-age=5"})
    answer = await client.get("/api/v1/products", headers={"if-none-match": known})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"].removeprefix("W/") == '"7"'
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert "content-type" not in answer.headers
    assert upstream.only_call.metadata["if-none-match"] == known


@pytest.mark.parametrize("known", ['"8"', '"77"', "7", ""])
async def test_what_has_changed_is_sent(client: httpx.AsyncClient, upstream: Upstream, known: str) -> None:
    upstream.answers[PRODUCTS] = listing(8, etag='"7"')
    answer = await client.get("/api/v1/products", headers={"if-none-match": known})
    assert answer.status_code == 200
    assert answer.json()["nextPageToken"] == TOKEN * 8


async def test_rest_answers_carry_no_grpc_headers_and_safe_defaults(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/products", "/api/v1/nothing", "/docs"):
        answer = await client.get(path)
        assert not [name for name in answer.headers if name.startswith(("grpc-", "x-envoy"))]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["server"] == "shopmesh"
    assert (await client.get("/api/v1/products")).headers["cache-control"] == "no-store"


async def test_zero_values_are_printed_and_names_are_lower_camel(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/products")
    assert answer.json() == {"products": [], "nextPageToken": ""}


@pytest.mark.parametrize(
    ("path", "file", "kind"),
    [("/openapi.json", "openapi.json", "application/json"), ("/docs", "docs.html", "text/html; charset=utf-8")],
)
async def test_the_documents_are_served(client: httpx.AsyncClient, path: str, file: str, kind: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content == (GENERATED / file).read_bytes()
    again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_edge_says_that_it_serves(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "SERVING"})
