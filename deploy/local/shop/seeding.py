"""Puts the demo shop into a running one, as a member of staff would: through the REST edge.

Whatever is there already stays as it is: a repeat of the same request answers what the first one did, and later on the
slug is taken. So seeding can be broken off and begun again.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import click
import httpx

from deploy.local.progress import Progress
from deploy.local.shop.categories import CATEGORIES
from deploy.local.shop.documents import Json, Place, product_document
from deploy.local.shop.generator import DemoProduct

AT_ONCE = 8
ATTEMPTS = 10
NAMESPACE = uuid.UUID("6f1c5b1e-2f0a-5d3e-9a57-5a0f6c9d7e11")
PASSING = {429, 502, 503, 504}
"""Answers that say: come back later."""


@dataclass
class Counts:
    """What became of the products so far."""

    created: int = 0
    known: int = 0

    @property
    def total(self) -> int:
        return self.created + self.known


class Edge:
    """The REST API, spoken to with a token that is fetched again when it runs out."""

    def __init__(self, client: httpx.AsyncClient, email: str, password: str) -> None:
        self._client = client
        self._log_in = {"email": email, "password": password}
        self._token = ""
        self._renewing = asyncio.Lock()

    async def get(self, path: str) -> Json:
        """The body of an answer that must be OK."""
        return _body(await self._send("GET", path))

    async def create(self, path: str, body: Json) -> Json | None:
        """The resource, or None where its slug is taken. The request id follows from the request."""
        request_id = uuid.uuid5(NAMESPACE, path + json.dumps(body, sort_keys=True))
        answer = await self._send("POST", path, json=body, headers={"idempotency-key": str(request_id)})
        if answer.status_code == httpx.codes.CONFLICT and "SLUG_TAKEN" in answer.text:
            return None
        return _body(answer)

    async def _send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """The answer; waits and asks again while the shop is too busy, and logs in again when the token has run out."""
        for attempt in range(ATTEMPTS):
            used = self._token or await self._renew("")
            sent = {**(headers or {}), "authorization": f"Bearer {used}"}
            answer = await self._client.request(method, path, headers=sent, **more)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                await self._renew(used)
            elif answer.status_code in PASSING:
                await asyncio.sleep(float(answer.headers.get("retry-after", min(5.0, 0.2 * 2**attempt))))
            else:
                break
        return answer

    async def _renew(self, stale: str) -> str:
        """A new token, unless another call has just fetched one."""
        async with self._renewing:
            if self._token == stale:
                answer = await self._client.post("/api/v1/sessions", json=self._log_in)
                self._token = str(_body(answer)["accessToken"])
            return self._token


def _body(answer: httpx.Response) -> Json:
    """The JSON of an answer that must be OK; ClickException with what the shop said where it is not."""
    if answer.is_error:
        request = answer.request
        raise click.ClickException(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:500]}")
    body: Json = answer.json()
    return body


async def seed(edge: Edge, products: Iterable[DemoProduct], count: int, place: Place, progress: Progress) -> Counts:
    """Creates categories and products that aren't there yet, a few at a time."""
    categories = await _categories(edge)
    counts, waiting = Counts(), iter(products)
    said = time.monotonic()

    async def work() -> None:
        nonlocal said
        for product in waiting:
            await _create(edge, product, place, categories[product.category], counts)
            if time.monotonic() - said > 2:
                said = time.monotonic()
                progress.say(f"{counts.total} of {count} products")

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    progress.say(f"{counts.total} products: {counts.created} created, {counts.known} there already")
    return counts


async def _create(edge: Edge, product: DemoProduct, place: Place, category_id: str, counts: Counts) -> None:
    place.draw(product)
    if await edge.create("/api/v1/products", product_document(product, place, category_id)) is None:
        counts.known += 1
    else:
        counts.created += 1


async def _categories(edge: Edge) -> dict[str, str]:
    """The id of each category by its slug; those that are missing are created, parents first."""
    known = await _known_categories(edge)
    for category in CATEGORIES:
        if category.slug not in known:
            body = {"slug": category.slug, "title": category.title, "parentId": known.get(category.parent, "")}
            made = await edge.create("/api/v1/categories", body)
            if made is None:
                return await _categories(edge)
            known[category.slug] = str(made["id"])
    return known


async def _known_categories(edge: Edge) -> dict[str, str]:
    found: dict[str, str] = {}
    token = ""
    while True:
        page = await edge.get(f"/api/v1/categories?pageSize=500&pageToken={token}")
        found |= {str(each["slug"]): str(each["id"]) for each in page["categories"]}
        token = page["nextPageToken"]
        if not token:
            return found
