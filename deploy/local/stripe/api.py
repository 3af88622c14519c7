"""How an API request is served: key, shape, idempotency, switches, one transaction, Stripe's headers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse

from . import defaults, expand, idempotency, ids, keys, params, sessions, switches
from .calls import Call, Endpoint
from .delivery import Deliverer
from .errors import ApiError, Json, ParameterError
from .idempotency import InUse, Kept, Key
from .store import Store, Tx
from .switches import Subject, Switch

_JOURNAL_LENGTH = 5000
_SERVER_ERROR: Json = {"error": {"message": "An unknown error occurred", "type": "api_error"}}


@dataclass(frozen=True)
class _Work:
    """One authenticated, well-formed request on its way."""

    endpoint: Endpoint
    call: Call
    request_id: str
    key: Key | None


@dataclass(frozen=True)
class _Outcome:
    status: int
    body: Json
    kept: bool = True
    original: str | None = None


class Barriers:
    """API requests that wait until a hold switch is lifted."""

    def __init__(self) -> None:
        self._open: dict[int, asyncio.Event] = {}
        self._waiting: dict[int, int] = {}

    async def wait(self, switch_id: int) -> None:
        """Wait for `release` of this switch."""
        self._waiting[switch_id] = self.waiting(switch_id) + 1
        try:
            await self._open.setdefault(switch_id, asyncio.Event()).wait()
        finally:
            self._waiting[switch_id] -= 1

    def waiting(self, switch_id: int) -> int:
        """How many requests wait now."""
        return self._waiting.get(switch_id, 0)

    def release(self, switch_id: int) -> None:
        """Let them go."""
        if barrier := self._open.pop(switch_id, None):
            barrier.set()


class Api:
    """Serves every endpoint the same way."""

    def __init__(self, store: Store, deliverer: Deliverer, barriers: Barriers) -> None:
        self._store = store
        self._deliverer = deliverer
        self._barriers = barriers
        self._in_use = InUse()

    def handler(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[JSONResponse]]:
        """The web handler of an endpoint."""

        async def serve(request: Request) -> JSONResponse:
            return await self._serve(endpoint, request)

        return serve

    async def _serve(self, endpoint: Endpoint, request: Request) -> JSONResponse:
        request_id = ids.new_id("req_", 14)
        try:
            outcome = await self._run(await self._read(endpoint, request, request_id))
        except ApiError as error:
            outcome = _Outcome(error.status, error.body(request_id), kept=False)
        self._journal(request, request_id, outcome)
        self._deliverer.wake()
        return JSONResponse(outcome.body, outcome.status, _headers(request, request_id, outcome))

    async def _read(self, endpoint: Endpoint, request: Request, request_id: str) -> _Work:
        raw = (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
        given = params.decode(parse_qsl(raw, keep_blank_values=True))
        secret, publishable = keys.authenticate(request.headers.get("authorization"), given.pop("key", None), endpoint)
        if publishable:
            for name in ("_stripe_version", "_stripe_account"):
                given.pop(name, None)
        call = Call(
            request.method,
            request.url.path,
            endpoint.shape.read(given, ""),
            request.path_params.get("id", ""),
            publishable,
            raw,
        )
        text = request.headers.get("idempotency-key") if request.method == "POST" else None
        key = idempotency.key(secret, text, call.method, call.path, raw) if text else None
        return _Work(endpoint, call, request_id, key)

    async def _run(self, work: _Work) -> _Outcome:
        with self._in_use.claim(work.key):
            kept, switch = self._begin(work)
            if kept:
                return _Outcome(kept.status, kept.body, original=kept.request_id)
            await self._pause(switch, "before")
            outcome = self._finish(work, switch)
        await self._pause(switch, "after")
        return outcome

    async def _pause(self, switch: Switch | None, when: str) -> None:
        if switch and _is(switch, "api_hold", when):
            self._deliverer.wake()
            await self._barriers.wait(switch.id)

    def _begin(self, work: _Work) -> tuple[Kept | None, Switch | None]:
        with self._store.transaction() as tx:
            sessions.expire_due(tx)
            kept = idempotency.find(tx, work.key) if work.key else None
            return kept, None if kept else switches.take(tx, "api_", _subject(tx, work.call))

    def _finish(self, work: _Work, switch: Switch | None) -> _Outcome:
        failure = _failure(switch)
        with self._store.transaction(work.request_id, work.key.text if work.key else None) as tx:
            real = None if _is(switch, "api_fail", "before") else _effects(tx, work)
            stored = failure if failure and (failure.kept or real is None) else real
            if work.key and stored and stored.kept:
                idempotency.keep(tx, work.key, Kept(stored.status, stored.body, work.request_id))
        answer = failure or real
        assert answer is not None, "a request without failure has an outcome"
        return answer

    def _journal(self, request: Request, request_id: str, outcome: _Outcome) -> None:
        row = (
            request_id,
            time.time(),
            request.method,
            request.url.path,
            request.headers.get("idempotency-key"),
            outcome.original is not None,
            outcome.status,
        )
        with self._store.transaction() as tx:
            cursor = tx.connection.execute(
                "INSERT INTO requests (request_id, at, method, path, idempotency_key, replayed, status)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            tx.connection.execute("DELETE FROM requests WHERE id <= ?", ((cursor.lastrowid or 0) - _JOURNAL_LENGTH,))


def _effects(tx: Tx, work: _Work) -> _Outcome:
    try:
        with tx.savepoint():
            try:
                body = work.endpoint.handler(tx, work.call)
                return _Outcome(200, expand.expanded(tx, body, work.call.params.get("expand", [])))
            except ApiError as error:
                if error.keeps_effects:
                    return _Outcome(error.status, error.body(work.request_id))
                raise
    except ApiError as error:
        return _Outcome(error.status, error.body(work.request_id), kept=not isinstance(error, ParameterError))


def _failure(switch: Switch | None) -> _Outcome | None:
    if switch is None or switch.kind != "api_fail":
        return None
    return _Outcome(switch.spec.get("status", 500), _SERVER_ERROR, kept=switch.spec.get("stored", False))


def _is(switch: Switch | None, kind: str, when: str) -> bool:
    return switch is not None and switch.kind == kind and switch.spec.get("when", "before") == when


def _subject(tx: Tx, call: Call) -> Subject:
    around = switches.metadata_around(tx, call.params | {"id": call.id})
    return Subject(method=call.method, path=call.path, text=f"{call.path} {call.raw}", metadata=around)


def _headers(request: Request, request_id: str, outcome: _Outcome) -> dict[str, str]:
    headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("stripe-version", defaults.API_VERSION)}
    if "idempotency-key" in request.headers and request.method == "POST":
        headers["Idempotency-Key"] = request.headers["idempotency-key"]
    if outcome.original:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": outcome.original}
    if outcome.status == 409:
        headers["Stripe-Should-Retry"] = "true"
    if outcome.status >= 500 and outcome.kept:
        headers["Stripe-Should-Retry"] = "false"
    return headers
