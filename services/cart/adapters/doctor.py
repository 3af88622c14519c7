"""What cart asks of Valkey before it is served."""

import secrets

from redis import exceptions
from redis.asyncio import Redis

from services.cart.adapters.valkey import OLDEST
from services.chassis.doctor import Away, Doubtful, Unusable

_WRITE = "return redis.call('SET', KEYS[1], '1', 'XX')"
"""Needs every right that writing a cart needs, and changes nothing: it writes only what is there already."""
_NOT_YET = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")


async def valkey(url: str) -> str:
    """Runs a script that would write, as carts are written."""
    known = await _asked(url)
    version = str(known["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise Unusable(f"this is Redis {version}: use Valkey, or Redis >= {'.'.join(map(str, OLDEST))}")
    if not known.get("aof_enabled"):
        raise Doubtful("no append-only file, so a restart loses carts: `CONFIG SET appendonly yes`")
    if (policy := known.get("maxmemory_policy", "noeviction")) != "noeviction":
        raise Doubtful(f"drops carts when it is full ({policy}): `CONFIG SET maxmemory-policy noeviction`")
    return f"compatible with Redis {version}, may write, its append-only file is on"


async def _asked(url: str) -> dict[str, object]:
    try:
        async with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True) as client:
            known: dict[str, object] = await client.info()
            await client.eval(_WRITE, 1, f"cart:{{doctor-{secrets.token_hex(4)}}}")
            return known
    except (exceptions.AuthenticationError, exceptions.AuthorizationError) as error:
        raise Unusable(f"{error}: check the user and the password in VALKEY_URL") from error
    except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
        raise Away(f"{str(error).rstrip('.')}: check VALKEY_URL") from error
    except exceptions.ResponseError as error:
        kind = Away if str(error).startswith(_NOT_YET) else Unusable
        raise kind(f"{error}: cart runs scripts that read and write cart:* and product:*, and asks INFO") from error
    except (exceptions.RedisError, ValueError) as error:
        raise Unusable(f"{str(error).rstrip('.')}: check VALKEY_URL") from error
