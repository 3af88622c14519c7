"""Carts, and what belongs to them, out of Valkey and back: a line of JSON for each key, with its value as DUMP gives it.

Valkey has no snapshot that its clients can read, so a cart that changes while it is read comes back as it was before or
after that change.
"""

import base64
import gzip
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ops.errors import Refused
from services.cart.adapters.valkey import BACKED_UP

PAGE = 500
LOCKS = "lock:{*}"
_FOR_EVER = 0


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Redis]:
    """A client that takes bytes as they are; Refused where the server cannot be used."""
    client = Redis.from_url(address)
    try:
        yield client
    except RedisError as error:
        raise Refused(f"Valkey cannot be used: {error}") from error
    finally:
        await client.aclose()


async def save(valkey: Redis, file: Path) -> int:
    """Writes every key that is backed up; how many."""
    count = 0
    with gzip.open(file, "wt", encoding="ascii") as lines:
        for pattern in BACKED_UP:
            async for keys in _pages(valkey, pattern):
                for row in await _read(valkey, keys):
                    lines.write(json.dumps(row, separators=(",", ":")) + "\n")
                    count += 1
    return count


async def load(valkey: Redis, file: Path) -> int:
    """Puts what `save` wrote in the place of what is there; how many keys. Can be repeated."""
    for pattern in (*BACKED_UP, LOCKS):
        async for keys in _pages(valkey, pattern):
            await valkey.unlink(*keys)
    count = 0
    with gzip.open(file, "rt", encoding="ascii") as lines:
        rows = (json.loads(line) for line in lines)
        while page := list(islice(rows, PAGE)):
            await _write(valkey, page)
            count += len(page)
    return count


async def _pages(valkey: Redis, pattern: str) -> AsyncIterator[list[Any]]:
    cursor = 0
    while True:
        cursor, keys = await valkey.scan(cursor, match=pattern, count=PAGE)
        if keys:
            yield list(dict.fromkeys(keys))
        if not cursor:
            return


async def _read(valkey: Redis, keys: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Keys that went meanwhile are left out; `expire_ms` is a Unix time, 0 for one that stays."""
    asked = list(keys)
    async with valkey.pipeline(transaction=True) as pipeline:
        for key in asked:
            pipeline.dump(key)
            pipeline.pexpiretime(key)
        answers = iter(await pipeline.execute())
    return (
        {"key": _text(key), "value": _text(value), "expire_ms": max(expire, _FOR_EVER)}
        for key, value, expire in zip(asked, answers, answers, strict=True)
        if value is not None
    )


async def _write(valkey: Redis, rows: Iterable[dict[str, Any]]) -> None:
    async with valkey.pipeline(transaction=False) as pipeline:
        for row in rows:
            key, value = base64.b64decode(row["key"]), base64.b64decode(row["value"])
            pipeline.restore(key, row["expire_ms"], value, replace=True, absttl=bool(row["expire_ms"]))
        await pipeline.execute()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
