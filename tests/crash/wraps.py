"""The library calls that are watched, wrapped before a service is imported: product code knows nothing of it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from tests.crash.kafka_wraps import watched_consumer, watched_producer
from tests.crash.points import Point, path, statement
from tests.crash.watch import Watch


def install(watch: Watch, service: str) -> None:
    """Wraps every library that a service speaks to the world with."""
    _psycopg(watch)
    _kafka(watch, service)
    _grpc(watch)
    _stripe(watch)
    _smtp(watch)
    _valkey(watch)
    _mongo(watch)


def _around(watch: Watch, kind: str, name: Callable[..., str], call: Callable[..., Awaitable[Any]]) -> Any:
    """An async function that is watched whenever its arguments, or where it is called, are about the order."""

    @wraps(call)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        if not watch.mine(args[1:], kwargs):
            return await call(*args, **kwargs)
        point = watch.before(kind, name(*args, **kwargs))
        answer = await call(*args, **kwargs)
        watch.after(point)
        return answer

    return watched


def _replace(owner: Any, **calls: Any) -> None:
    """Puts the watched calls in the place of the library's own."""
    for name, call in calls.items():
        setattr(owner, name, call)


def _psycopg(watch: Watch) -> None:
    """Statements, and the COMMIT of a transaction with any statement of the order in it."""
    from psycopg import AsyncCursor, AsyncTransaction
    from psycopg.pq import TransactionStatus

    execute, leave = AsyncCursor.execute, AsyncTransaction.__aexit__
    inside: dict[int, list[str]] = {}

    async def watched_execute(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        mine = watch.mine(params)
        what = statement(str(query))
        point = watch.before("sql", what) if mine else None
        answer = await execute(self, query, params, **more)
        if point is not None:
            watch.after(point)
        in_transaction = self.connection.info.transaction_status is TransactionStatus.INTRANS
        if in_transaction and (mine or watch.mine(_values(self))):
            inside.setdefault(id(self.connection), []).append(what)
        return answer

    async def watched_leave(self: Any, failure: Any, *more: Any) -> Any:
        if not self._outer_transaction:
            return await leave(self, failure, *more)
        statements = inside.pop(id(self.connection), [])
        point = watch.before("commit", _named(statements)) if statements and failure is None else None
        answer = await leave(self, failure, *more)
        if point is not None:
            watch.after(point)
        return answer

    _replace(AsyncCursor, execute=watched_execute)
    _replace(AsyncTransaction, __aexit__=watched_leave)


def _values(cursor: Any) -> list[bytes | None]:
    """What a statement answered, as the server sent it."""
    result = cursor.pgresult
    if result is None:
        return []
    return [result.get_value(row, column) for row in range(result.ntuples) for column in range(result.nfields)]


def _named(statements: list[str]) -> str:
    """A transaction by its last statement that writes: which others are known to be the order's may differ."""
    writing = [each for each in statements if not each.lower().startswith("select")]
    return (writing or statements)[-1]


def _kafka(watch: Watch, service: str) -> None:
    """Producers and consumers."""
    import confluent_kafka

    _replace(confluent_kafka, Producer=watched_producer(watch), Consumer=watched_consumer(watch, service))


def _grpc(watch: Watch) -> None:
    """Calls to other services."""
    import grpc

    class Watching(grpc.aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            if not watch.mine(request):
                return await continuation(details, request)
            method = details.method.decode() if isinstance(details.method, bytes) else details.method
            point = watch.before("grpc", method.rpartition(".")[2])
            call = await continuation(details, request)
            await call.code()  # the end of the call, whatever it is
            watch.after(point)
            return call

    secure: Any = grpc.aio.secure_channel

    def secure_channel(*args: Any, interceptors: Any = (), **more: Any) -> Any:
        return secure(*args, interceptors=[*(interceptors or ()), Watching()], **more)

    _replace(grpc.aio, secure_channel=secure_channel)


def _stripe(watch: Watch) -> None:
    """Requests to the payment provider."""
    import stripe

    def name(_: Any, method: str, url: str, *__: Any, **___: Any) -> str:
        return f"{method.upper()} {path(url)}"

    client = stripe.HTTPXClient
    _replace(client, request_async=_around(watch, "stripe", name, client.request_async))


def _smtp(watch: Watch) -> None:
    """Messages handed to the mail server: after the call it has accepted them."""
    import aiosmtplib

    send = aiosmtplib.send

    async def named(_: None, mail: Any, **server: Any) -> Any:
        return await send(mail, **server)

    watched = _around(watch, "smtp", lambda _, mail, **__: _without_ids(mail["Subject"]), named)

    async def watched_send(mail: Any, **server: Any) -> Any:
        return await watched(None, mail, **server)

    _replace(aiosmtplib, send=watched_send)


def _without_ids(subject: str) -> str:
    return path(subject)


def _valkey(watch: Watch) -> None:
    """Commands to Valkey; a script is named by its hash."""
    from redis.asyncio import Redis
    from redis.asyncio.client import Pipeline

    def name(_: Any, command: str, *args: Any, **__: Any) -> str:
        return f"{command} {str(args[0])[:8]}" if command.startswith("EVAL") else command

    def commands(pipeline: Pipeline, *_: Any, **__: Any) -> str:
        return " ".join(dict.fromkeys(str(command[0][0]) for command in pipeline.command_stack))

    _replace(Redis, execute_command=_around(watch, "valkey", name, Redis.execute_command))
    _replace(Pipeline, execute=_around(watch, "valkey", commands, Pipeline.execute))


def _mongo(watch: Watch) -> None:
    """Commands to MongoDB, by the driver's own listeners, which are called in the task that sends."""
    from pymongo import monitoring

    class Listener(monitoring.CommandListener):
        def __init__(self) -> None:
            self.open: dict[int, Point] = {}

        def started(self, event: monitoring.CommandStartedEvent) -> None:
            if watch.mine(event.command):
                what = f"{event.command_name} {event.command.get(event.command_name)}"
                self.open[event.request_id] = watch.before("mongo", what)

        def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
            if point := self.open.pop(event.request_id, None):
                watch.after(point)

        def failed(self, event: monitoring.CommandFailedEvent) -> None:
            self.open.pop(event.request_id, None)

    monitoring.register(Listener())
