"""Requests: a mutating method that is repeated with the same request id answers what it answered first.

The row, the effect and the answer are one transaction, so there is no moment in which a crash leaves one without the
others. Concurrent repeats wait for the first at the row's key and read its answer back.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from google.protobuf.message import Message
from google.rpc import status_pb2

from services.chassis import principal
from services.chassis.database import Database, Row, query
from services.chassis.errors import Code, FailedPrecondition, ServiceError, invalid_field
from services.chassis.statuses import error_of, status_of
from services.chassis.tasks import Task

KEPT = timedelta(hours=24)
STORED = {Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS}
"""Refusals that are answers; every other error may go away by itself and is never stored."""

F = TypeVar("F", bound=Callable[..., Any])
Perform = Callable[[], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes two requests the same: caller, method, request id. ``body_hash`` tells an honest repeat from a mix-up."""

    scope: str
    method: str
    request_id: UUID
    body_hash: bytes


_current: ContextVar[RequestKey | None] = ContextVar("request_key", default=None)


def current_id() -> str:
    """The request id of the present call; empty where it has none."""
    key = _current.get()
    return str(key.request_id) if key is not None else ""


def current() -> RequestKey:
    """The key of the present call; LookupError outside methods declared REQUEST_ID."""
    key = _current.get()
    if key is None:
        raise LookupError("the method is not declared REQUEST_ID")
    return key


def enter(key: RequestKey) -> None:
    """Sets the key for the rest of this call."""
    _current.set(key)


def own_requests(handler: F) -> F:
    """Marks a handler that keeps its requests itself, because its work is more than one transaction."""
    handler.own_requests = True  # type: ignore[attr-defined]
    return handler


def reused() -> FailedPrecondition:
    """The refusal of a request id that came before with another body."""
    return FailedPrecondition("REQUEST_ID_REUSED", "this request id was used before with another request")


def key_of(method: str, request: Message) -> RequestKey:
    """The key of a request with a ``request_id``, for the present caller."""
    text = request.request_id  # type: ignore[attr-defined]
    try:
        request_id = UUID(text)
    except ValueError as error:
        raise invalid_field("request_id", "must be a UUID") from error
    return RequestKey(_scope(request), method, request_id, body_hash(request))


def body_hash(request: Message) -> bytes:
    """SHA-256 of the request without its id."""
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    return hashlib.sha256(body.SerializeToString(deterministic=True)).digest()


def _scope(request: Message) -> str:
    """Whose request ids these are: the user's, the guest cart's, or those of whoever has this order's token."""
    caller = principal.current()
    if caller.user_id:
        return caller.user_id
    # Before the token: a page that remembers one of an earlier order may send it with one attempt and not the next.
    if cart_id := getattr(request, "cart_id", ""):
        return str(cart_id)
    if caller.order_token:
        return "token:" + hashlib.sha256(caller.order_token.encode()).hexdigest()
    return "anonymous"


class RequestStore(Protocol):
    """What the server needs to make methods declared REQUEST_ID repeatable."""

    async def once(self, key: RequestKey, response: type[Message], perform: Perform) -> Message:
        """The answer of ``perform``, or the stored answer of the first request with this key."""


_BEGIN = query(
    """insert into requests (scope, method, request_id, body_hash)
       values (%(scope)s, %(method)s, %(request_id)s, %(body_hash)s) on conflict do nothing"""
)
_KEY = "scope = %(scope)s and method = %(method)s and request_id = %(request_id)s"
_STORE = query(f"update requests set code = %(code)s, answer = %(answer)s where {_KEY}")
_READ = query(f"select body_hash, code, answer from requests where {_KEY}")
_PURGE = query("delete from requests where create_time < %(before)s")


class PostgresRequests:
    """Requests in the service's own PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def once(self, key: RequestKey, response: type[Message], perform: Perform) -> Message:
        place = {"scope": key.scope, "method": key.method, "request_id": key.request_id}
        refusal: ServiceError | None = None
        async with self._database.transaction() as tx:
            if not await tx.execute(_BEGIN, body_hash=key.body_hash, **place):
                row = await tx.one(_READ, **place)
                assert row is not None
                return _stored(row, key, response)
            try:
                async with tx.savepoint():
                    answer = await perform()
                await tx.execute(_STORE, code="OK", answer=answer.SerializeToString(), **place)
            except ServiceError as error:
                if error.code not in STORED:
                    raise
                refusal = error
                await tx.execute(_STORE, code=error.code.value, answer=status_of(error).SerializeToString(), **place)
        if refusal is not None:
            raise refusal
        return answer

    async def purge(self, _: Task) -> None:
        """The periodic task that forgets requests after a day."""
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE, before=datetime.now(UTC) - KEPT)


def _stored(row: Row, key: RequestKey, response: type[Message]) -> Message:
    if bytes(row["body_hash"]) != key.body_hash:
        raise reused()
    if row["code"] == "OK":
        return response.FromString(row["answer"])
    raise error_of(status_pb2.Status.FromString(row["answer"]))
