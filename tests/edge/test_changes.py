"""A running edge takes over what changes: addresses, sampling, keys."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from deploy.edge.contracts import Contracts
from deploy.edge.settings import SERVICES, Limit, RateLimits
from tests.edge.conftest import KEY, OTHER_KEY, Edge, bearer, jwks
from tests.edge.upstream import Upstream
from tests.ports import free_port
from tests.waiting import eventually, until

pytestmark = pytest.mark.stack

UNLIMITED = RateLimits(default=Limit(requests=1_000_000), methods={})


async def status_of(edge: Edge, path: str, headers: dict[str, str] | None = None) -> int:
    """The status of an answer on a connection of its own, so that the newest listener gives it; 0 where there is none."""
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(base_url=edge.url) as client:
            return (await client.get(path, headers=headers)).status_code
    return 0


async def test_auth_may_come_later(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    """Until it is there nobody can say that a token is bad, so the answer is 503, not 401; then all is well."""
    away = f"127.0.0.1:{free_port()}"
    services = dict.fromkeys(("cart", "catalog", "notify", "order", "payment"), f"127.0.0.1:{upstream.port}")
    edge = another_edge(clusters={**services, "auth": away})
    await eventually(lambda: _is(200, edge, "/api/v1/products"), "200 for /api/v1/products")
    async with httpx.AsyncClient(base_url=edge.url) as client:
        answer = await client.get("/api/v1/me/orders", headers=bearer())
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert (await status_of(edge, "/api/v1/me/orders")) == 401
    edge = another_edge(clusters={**services, "auth": f"127.0.0.1:{upstream.port}"})
    await eventually(lambda: _is(200, edge, "/api/v1/me/orders", bearer()), "200 for /api/v1/me/orders")


async def test_the_keys_are_fetched_ahead_once_auth_is_there(
    another_edge: Callable[..., Edge], upstream: Upstream
) -> None:
    """Before any token comes, and again as they age. That fails only while auth is away."""
    present = dict.fromkeys(SERVICES, f"127.0.0.1:{upstream.port}")
    edge = another_edge(jwks_seconds=1, clusters={**present, "auth": f"127.0.0.1:{free_port()}"})
    await until(lambda: _fetched(edge, "failed", 2), "the fetch to be tried again")
    another_edge(jwks_seconds=1, clusters=present)
    await until(lambda: _fetched(edge, "success", 1), "the keys to be fetched")
    failed = await _fetches(edge, "failed")
    await until(lambda: _fetched(edge, "success", 3), "the keys to be fetched again")
    assert await _fetches(edge, "failed") == failed


async def test_the_keys_stay_while_auth_is_away(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    """Also those that have aged: other services' customers need not wait for auth."""
    present = dict.fromkeys(SERVICES, f"127.0.0.1:{upstream.port}")
    edge = another_edge(jwks_seconds=1, clusters=present)
    await until(lambda: _fetched(edge, "success", 1), "the keys to be fetched")
    failed = await _fetches(edge, "failed")
    another_edge(jwks_seconds=1, clusters={**present, "auth": f"127.0.0.1:{free_port()}"})
    await until(lambda: _fetched(edge, "failed", failed + 2), "auth to be missed")
    assert await status_of(edge, "/api/v1/me/orders", bearer()) == 200


async def _fetched(edge: Edge, how: str, times: int) -> bool:
    return await _fetches(edge, how) >= times


async def _fetches(edge: Edge, how: str) -> int:
    """How many fetches of the keys ended so, ``success`` or ``failed``; 0 where Envoy does not say yet."""
    name = f"http.public.jwt_authn.jwks_fetch_{how}"
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(base_url=f"http://{edge.settings.admin}") as client:
            said = (await client.get("/stats", params={"filter": f"^{name}$"})).text
            return int(said.partition(f"{name}: ")[2] or 0)
    return 0


async def _is(status: int, edge: Edge, path: str, headers: dict[str, str] | None = None) -> bool:
    return await status_of(edge, path, headers) == status


async def test_new_keys_are_taken_over(
    another_edge: Callable[..., Edge], upstream: Upstream, contracts: Contracts
) -> None:
    auth = Upstream(contracts, jwks(KEY))  # its own: other tests' edge takes its keys from the other
    await auth.start()
    try:
        clusters = dict.fromkeys(SERVICES, f"127.0.0.1:{upstream.port}") | {"auth": f"127.0.0.1:{auth.port}"}
        edge = another_edge(jwks_seconds=1, clusters=clusters)
        await eventually(lambda: _is(200, edge, "/api/v1/me", bearer()), "200 for /api/v1/me")
        assert await status_of(edge, "/api/v1/me", bearer(key=OTHER_KEY)) == 401
        auth.jwks = jwks(OTHER_KEY)
        await eventually(lambda: _is(200, edge, "/api/v1/me", bearer(key=OTHER_KEY)), "200 for /api/v1/me")
        await eventually(lambda: _is(401, edge, "/api/v1/me", bearer(key=KEY)), "401 for /api/v1/me")
    finally:
        await auth.stop()


async def sampled_of(edge: Edge, upstream: Upstream, requests: int, flags: str | None = None) -> int:
    """How many of so many requests went on as sampled; ``flags`` is what the caller decided, if anything."""
    upstream.calls.clear()
    async with httpx.AsyncClient(base_url=edge.url) as client:
        for _ in range(requests):
            parent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{flags}"
            answer = await client.get("/api/v1/products", headers={"traceparent": parent} if flags else {})
            assert len(answer.headers["x-trace-id"]) == 32
    assert len(upstream.calls) == requests
    return sum(call.metadata["traceparent"].endswith("-01") for call in upstream.calls)


async def test_sampling(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    """At 0, 10 and 100 percent of the traces begun here; a caller's own decision stands, and each has a trace id."""
    edge = another_edge(trace_percent=0.0, rate_limits=UNLIMITED)
    await eventually(lambda: _is(200, edge, "/api/v1/products"), "200 for /api/v1/products")
    assert await sampled_of(edge, upstream, 50) == 0
    assert await sampled_of(edge, upstream, 5, flags="01") == 5

    edge = another_edge(trace_percent=100.0, rate_limits=UNLIMITED)
    await eventually(lambda: _samples_all(edge, upstream), "every request to be sampled")
    assert await sampled_of(edge, upstream, 50) == 50
    assert await sampled_of(edge, upstream, 5, flags="00") == 0

    edge = another_edge(trace_percent=10.0, rate_limits=UNLIMITED)
    await eventually(lambda: _samples_some(edge, upstream), "some requests to be sampled")
    assert 10 <= await sampled_of(edge, upstream, 300) <= 60  # 30 expected; outside less than once in 100,000 runs


async def _samples_all(edge: Edge, upstream: Upstream) -> bool:
    return await sampled_of(edge, upstream, 3) == 3


async def _samples_some(edge: Edge, upstream: Upstream) -> bool:
    return await sampled_of(edge, upstream, 20) < 20


async def test_requests_in_flight_survive_a_change(another_edge: Callable[..., Edge], upstream: Upstream) -> None:
    edge = another_edge(rate_limits=UNLIMITED)
    await eventually(lambda: _is(200, edge, "/api/v1/products"), "200 for /api/v1/products")
    statuses = asyncio.gather(*(status_of(edge, "/api/v1/products") for _ in range(50)))
    another_edge(rate_limits=UNLIMITED, issuer="another")
    assert set(await statuses) == {200}
    await eventually(lambda: _is(401, edge, "/api/v1/me", bearer()), "401 for /api/v1/me")
