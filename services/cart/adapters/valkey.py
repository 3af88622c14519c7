"""The connection to Valkey, its scripts, and what must be true of the server."""

from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.commands.core import AsyncScript

log = structlog.get_logger()
OLDEST = (7, 0)
"""Of Redis; Valkey reports the Redis version that it is compatible with, 7.2 or newer."""
SECONDS = 2
BACKED_UP = ("cart:{*}:*", "cart:{*}", "product:{*}", "variant:{*}", "parked:{*}", "parked-keys")
"""Patterns of the keys that a backup holds; locks it does not. Marks come before their carts: an event whose mark is
missing is handled again and drops what is gone already, one whose mark is there is never handled."""
_FOLDER = Path(__file__).parent / "lua"


def connect(url: str, pool_size: int) -> Redis:
    """A client. Calls wait for a free connection; where the server is away they fail within seconds."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=pool_size,
        timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        socket_timeout=SECONDS,
        decode_responses=True,
        # Every change is repeatable: it is compared with what was read, has a mark, or names what it takes away.
        retry=Retry(ExponentialBackoff(cap=0.1, base=0.02), 2),
    )
    return Redis.from_pool(pool)


def script(valkey: Redis, name: str) -> AsyncScript:
    """A script that is sent once and then called by its hash."""
    loaded: Any = valkey.register_script((_FOLDER / f"{name}.lua").read_text())
    return loaded  # type: ignore[no-any-return]


def text(value: bytes | str | None) -> str:
    """A reply as text; empty where there was nothing."""
    return value.decode() if isinstance(value, bytes) else value or ""


class ServerCheck:
    """Readiness: the server answers, and is new enough. Once, warns where it would lose carts: in a restart, when full."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._known = False

    async def __call__(self) -> None:
        if self._known:
            await self._valkey.ping()
            return
        await self._look()
        self._known = True

    async def _look(self) -> None:
        version = str((await self._valkey.info("server"))["redis_version"])
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
            raise RuntimeError(f"Valkey, or Redis >= {'.'.join(map(str, OLDEST))}, is needed; this is Redis {version}")
        if not (await self._valkey.info("persistence"))["aof_enabled"]:
            log.warning("appendonly_off", effect="a restart of the server loses carts")
        policy = (await self._valkey.info("memory"))["maxmemory_policy"]
        if policy != "noeviction":
            log.warning(
                "evicts_when_full", policy=policy, effect="a full server forgets carts, and which events it saw"
            )
