"""A service as its ``main.py`` wires it, and the running of its parts."""

import asyncio
import faulthandler
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from grpc_health.v1 import health
from prometheus_client import start_http_server

from services.chassis.certificates import Certificates, tell_end
from services.chassis.consumer import Consumer
from services.chassis.doctor import Look
from services.chassis.draining import Draining
from services.chassis.health import Monitor
from services.chassis.pipeline import Pipeline
from services.chassis.relay import SEND_SECONDS, Relay
from services.chassis.requests import RequestStore
from services.chassis.server import Add, Registration, Server
from services.chassis.settings import ChassisSettings
from services.chassis.tokens import FetchKeys, TokenVerifier
from services.chassis.worker import STOP_SECONDS, Worker

log = structlog.get_logger()
PARTS = ("api", "relay", "consumer", "worker")
CANCEL_AGAIN_SECONDS = 3 * SEND_SECONDS + STOP_SECONDS
"""No part needs longer to end: a relay sends, commits and gives up, a worker lets what runs come to its end."""
CANCELLATIONS = 2


class Runnable(Protocol):
    """A part of a process: runs until cancelled."""

    async def run(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service is made of.

    ``ready`` are the checks that the readiness of ``api`` follows: the service's own truth store, nothing else.
    ``checks`` show as named health services and affect no readiness. ``looks`` are the doctor's, at servers of its own.
    """

    public: Sequence[tuple[Add, Any]]
    internal: Sequence[tuple[Add, Any]] = ()
    fetch_keys: FetchKeys
    resources: Sequence[AbstractAsyncContextManager[Any]] = ()
    ready: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    checks: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    requests: RequestStore | None = None
    relay: Relay | None = None
    consumers: Sequence[Consumer] = ()
    worker: Worker | None = None
    background: Sequence[Runnable] = ()
    looks: Mapping[str, Look] = field(default_factory=dict)

    def runnables(self, parts: Sequence[str]) -> list[Runnable]:
        """What runs beside the servers for these parts; ``background`` belongs to the consumer."""
        found: list[Runnable] = []
        if self.relay and "relay" in parts:
            found.append(self.relay)
        if "consumer" in parts:
            found += [*self.consumers, *self.background]
        if self.worker and "worker" in parts:
            found.append(self.worker)
        return found


async def serve(service: Service, settings: ChassisSettings, parts: Sequence[str]) -> bool:
    """Runs the parts until SIGTERM or SIGINT, then: readiness off, wait, drain calls, stop the other parts.

    Answers whether it was told to end: False where a part ended by itself.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        for resource in service.resources:
            await stack.enter_async_context(resource)
        draining = Draining()
        health_servicer = health.aio.HealthServicer()
        monitor = Monitor(health_servicer, service.ready, _named_checks(service, parts))
        servers = _servers(service, settings, draining, health_servicer, api="api" in parts)
        tell_end(settings)
        _serve_metrics(settings.metrics_listen)
        await monitor.begin()
        for server in servers:
            await server.start()
        running = [asyncio.create_task(monitor.run(), name="monitor")]
        for part in service.runnables(parts):
            running += _begin(part, monitor.was_ready)
        log.info("started", parts=list(parts), public_port=servers[0].port)
        await _until(stop, running)
        log.info("stopping")
        await monitor.leave()
        await asyncio.sleep(settings.drain_delay_seconds)
        draining.begin()
        await asyncio.gather(*(server.stop(settings.drain_seconds) for server in servers))
        await _end(running)
    log.info("stopped")
    return stop.is_set()


def _begin(part: Runnable, ready: asyncio.Event) -> list[asyncio.Task[None]]:
    """Runs a part once the service's own store is there, with its schema: before that an event would be parked."""
    name = f"consumer.{part.group}" if isinstance(part, Consumer) else type(part).__name__.lower()
    begun = [asyncio.create_task(_after(ready, part.run), name=name)]
    if isinstance(part, Consumer | Relay):
        begun.append(asyncio.create_task(_after(ready, part.progress.watch), name=name))
    return begun


async def _end(running: Sequence[asyncio.Task[None]]) -> None:
    """Cancels the parts until they have ended: in Python 3.11 a pool of connections may lose a cancellation.

    Whatever hangs in a thread for good would keep the interpreter from ending, so the process ends as if it were killed.
    """
    left = [part for part in running if not part.done()]
    for _ in range(CANCELLATIONS):
        if not left:
            return
        for part in left:
            part.cancel()
        _, pending = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)
        left = list(pending)
    if left:
        log.error("killed_itself", left=[part.get_name() for part in left])
        faulthandler.dump_traceback()  # where the threads hang
        os._exit(1)


async def _after(ready: asyncio.Event, run: Callable[[], Awaitable[None]]) -> None:
    await ready.wait()
    await run()


async def _until(stop: asyncio.Event, running: Sequence[asyncio.Task[None]]) -> None:
    """Waits for the signal; a part that ends by itself ends the process, whose supervisor starts it again."""
    signalled = asyncio.create_task(_wait(stop))
    await asyncio.wait({signalled, *running}, return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    for part in running:
        if part.done() and not part.cancelled():
            log.error("part_ended", part=part.get_name(), error=repr(part.exception()))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _named_checks(service: Service, parts: Sequence[str]) -> dict[str, Callable[[], Awaitable[None]]]:
    checks = dict(service.checks)
    if service.relay and "relay" in parts:
        checks["relay"] = _healthy(service.relay)
    if "consumer" in parts:
        checks |= {f"consumer.{consumer.group}": _healthy(consumer) for consumer in service.consumers}
    return checks


def _healthy(part: Relay | Consumer) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        if part.trouble:
            raise ConnectionError(part.trouble)

    return check


def _servers(
    service: Service,
    settings: ChassisSettings,
    draining: Draining,
    health_servicer: health.aio.HealthServicer,
    api: bool,
) -> list[Server]:
    """The public server always, for its health; methods and the internal one where ``api`` is a part of this process."""
    verifier = TokenVerifier(settings.token_issuer, settings.token_audience, service.fetch_keys)
    public = Pipeline(verifier, service.requests, draining)
    age = settings.connection_age_seconds
    registrations = [Registration(*r) for r in service.public] if api else []
    servers = [Server(settings.public_listen, registrations, public, health_servicer, age)]
    if api and service.internal:
        internal = Pipeline(None, service.requests, draining)
        registrations = [Registration(*r) for r in service.internal]
        tls = Certificates(settings)
        servers.append(Server(settings.internal_listen, registrations, internal, health_servicer, age, tls))
    return servers


def _serve_metrics(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    start_http_server(int(port), host)
