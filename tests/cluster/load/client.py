"""One web client that counts what it sends and never sends it again."""

import asyncio
import time
from typing import Any, Self

import httpx

from tests.cluster.load.report import LONGEST_TEXT, Failure, Report

DEADLINE_S = 10.0
LIMITS = httpx.Limits(max_connections=512, max_keepalive_connections=32, keepalive_expiry=30)
"""More connections than can be busy at once: waiting for one would be counted as the shop's slowness."""
Json = dict[str, Any]


class Client:
    """Requests to the edge, and to the payment page; each is counted in the report by how it ended."""

    def __init__(
        self, edge: str, report: Report, deadline_s: float = DEADLINE_S, headers: dict[str, str] | None = None
    ) -> None:
        """`headers` go with every request."""
        self._web = httpx.AsyncClient(timeout=None, limits=LIMITS, trust_env=False)
        self._headers = headers or {}
        self._edge = edge.rstrip("/")
        self._report = report
        self._deadline_s = deadline_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._web.aclose()

    async def send(
        self, verb: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None
    ) -> Json | None:
        """The answer to a request to the edge; None where it failed."""
        self._report.requests += 1
        headers = self._headers | (headers or {})
        return await self._count(verb, path, httpx.Request(verb, self._edge + path, json=body, headers=headers))

    async def pay(self, page: str, form: dict[str, str]) -> Json | None:
        """The answer of the hosted payment page, which is no part of the shop: failures count, requests do not."""
        request = httpx.Request("POST", page, data=form, headers={"accept": "application/json"})
        return await self._count("POST", "the payment page", request)

    async def ask(self, verb: str, path: str, body: Json | None = None, **more: Any) -> Json | None:
        """The answer to a request that is no part of the load; None where there is none now."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._web.request(verb, self._edge + path, json=body, **more)
        except (TimeoutError, httpx.HTTPError):
            return None
        return answer.json() if answer.is_success else None

    async def _count(self, verb: str, path: str, request: httpx.Request) -> Json | None:
        sent, began = time.time(), time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._web.send(request)
            if answer.is_success:
                content: Json = answer.json()
                self._report.latencies.append(round((time.perf_counter() - began) * 1000, 2))
                return content
            status, text, trace_id = answer.status_code, answer.text, answer.headers.get("x-trace-id", "")
        except TimeoutError:
            status, text, trace_id = 0, f"no answer within {self._deadline_s:g} s", ""
        except (httpx.HTTPError, ValueError) as error:
            status, text, trace_id = 0, repr(error), ""
        seconds = round(time.perf_counter() - began, 4)
        failure = Failure(sent, seconds, f"{verb} {path}", status, text[:LONGEST_TEXT], trace_id)
        self._report.failed.append(failure)
        return None
