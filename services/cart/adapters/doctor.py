"""What cart asks of Valkey before it is served."""

import secrets

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from services.cart.adapters.valkey import OLDEST
from services.chassis.doctor import Doubtful, Unusable


async def valkey(url: str) -> str:
    """Runs a script that writes, as carts are written."""
    key = f"cart:{{doctor-{secrets.token_hex(4)}}}"
    try:
        async with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True) as client:
            known = await client.info()
            await client.eval("return redis.call('SET', KEYS[1], '1', 'PX', 1000)", 1, key)
    except ResponseError as error:
        raise Unusable(f"{error}: cart runs scripts that read and write cart:* and product:*, and asks INFO") from error
    except RedisError as error:
        raise Unusable(f"{str(error).rstrip('.')}: check VALKEY_URL") from error
    version = str(known["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise Unusable(f"this is Redis {version}: use Valkey, or Redis >= {'.'.join(map(str, OLDEST))}")
    if not known.get("aof_enabled"):
        raise Doubtful("no append-only file, so a restart loses carts: `CONFIG SET appendonly yes`")
    if (policy := known.get("maxmemory_policy", "noeviction")) != "noeviction":
        raise Doubtful(f"drops carts when it is full ({policy}): `CONFIG SET maxmemory-policy noeviction`")
    return "answers, may write, its append-only file is on"
