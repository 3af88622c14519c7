"""Health by grpc.health.v1: the empty name is the readiness of ``api``, other names say how single parts are.

``live`` is well as long as the process answers at all, whatever its stores do: who restarts processes asks this one, for
a restart brings no store back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from grpc_health.v1 import health, health_pb2

from services.chassis import telemetry

log = structlog.get_logger()
Check = Callable[[], Awaitable[None]]
LIVE = "live"
INTERVAL_SECONDS = 1.0
CHECK_SECONDS = 3.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Monitor:
    """Runs the checks every second and publishes what they say, as health and as a metric."""

    def __init__(
        self, servicer: health.aio.HealthServicer, ready: Mapping[str, Check], checks: Mapping[str, Check]
    ) -> None:
        self._servicer = servicer
        self._ready = dict(ready)
        self._checks = dict(checks)
        self._known: dict[str, bool] = {}
        self._leaving = False
        self.was_ready = asyncio.Event()
        """Set when every readiness check has passed for the first time."""
        self._gauge = telemetry.meter().create_gauge("shopmesh_healthy", description="1 where a part is well, else 0.")

    async def begin(self) -> None:
        """Alive; not ready, until the checks say otherwise: a new HealthServicer says that it is."""
        await self._servicer.set(LIVE, _SERVING)
        await self._publish("", False)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def look(self) -> None:
        """Runs every check once."""
        ready = [await self._check(name, check) for name, check in self._ready.items()]
        for name, check in self._checks.items():
            await self._check(name, check)
        if all(ready):
            self.was_ready.set()
        if not self._leaving:
            await self._publish("", all(ready))

    async def leave(self) -> None:
        """Turns readiness off for good."""
        self._leaving = True
        await self._publish("", False)

    async def _check(self, name: str, check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
            well, why = True, ""
        except Exception as error:  # a check says what is wrong by raising, whatever it is
            well, why = False, repr(error)
        await self._publish(name, well, why)
        return well

    async def _publish(self, name: str, well: bool, why: str = "") -> None:
        self._gauge.set(int(well), {"part": name or "api"})
        if self._known.get(name) != well:
            self._known[name] = well
            await self._servicer.set(name, _SERVING if well else _NOT_SERVING)
            if name or well:
                log.info("health", part=name or "api", well=well, why=why)
