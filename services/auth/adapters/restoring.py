"""What going back in time means to log-ins: what was ended since the backup must not begin again."""

from datetime import datetime

from services.chassis.database import Transaction, query

# A refresh token that was used up or revoked since then would be good again, for whoever kept it.
_END_SESSIONS = query("update sessions set end_time = now(), end_reason = 'RESTORED' where end_time is null")
# A signing key that leaked and was replaced since then would be good again; the first log-in makes a new one.
_FORGET_KEYS = query("delete from signing_keys")


async def restored(tx: Transaction, _begin: datetime) -> dict[str, int]:
    """Ends every session and forgets the signing keys: everybody logs in again."""
    ended = await tx.execute(_END_SESSIONS)
    return {"sessions_ended": ended, "signing_keys_forgotten": await tx.execute(_FORGET_KEYS)}
