"""Sessions, refresh tokens and failed log-ins in PostgreSQL."""

import hashlib
from datetime import datetime

from services.auth.domain.sessions import RefreshToken
from services.auth.domain.throttle import Failures, Limit, with_another
from services.chassis import ids
from services.chassis.database import Database, Row, query

_OPEN = query(
    """insert into sessions (id, user_id, create_time, expire_time)
       values (%(id)s, %(user_id)s, %(now)s, %(now)s)"""
)
# The session's row is the family's lock: exchanges of one family happen one after the other.
_LOCKED = query(
    """select t.session_id, s.user_id, t.expire_time, t.first_use_time, s.end_time is not null as ended
       from refresh_tokens t join sessions s on s.id = t.session_id
       where t.token_hash = %(token_hash)s for update of s"""
)
_TOKEN = query(
    """select t.session_id, s.user_id, t.expire_time, t.first_use_time, s.end_time is not null as ended
       from refresh_tokens t join sessions s on s.id = t.session_id where t.token_hash = %(token_hash)s"""
)
_ADD_TOKEN = query(
    """with extended as (
           update sessions set expire_time = greatest(expire_time, %(expire_time)s) where id = %(session_id)s)
       insert into refresh_tokens (token_hash, session_id, create_time, expire_time)
       values (%(token_hash)s, %(session_id)s, %(now)s, %(expire_time)s)"""
)
_MARK_USED = query(
    "update refresh_tokens set first_use_time = %(now)s where token_hash = %(token_hash)s and first_use_time is null"
)
_END = query("update sessions set end_time = %(now)s, end_reason = %(reason)s where id = %(id)s and end_time is null")
_END_ALL = query(
    "update sessions set end_time = %(now)s, end_reason = %(reason)s where user_id = %(user_id)s and end_time is null"
)
_PURGE_TOKENS = query("delete from refresh_tokens where expire_time < %(before)s")
_PURGE_SESSIONS = query("delete from sessions where expire_time < %(before)s or end_time < %(before)s")

_FAILURES = query("select failures, since from failed_log_ins where email_hash = %(email_hash)s")
_LOCK_FAILURES = query(
    """insert into failed_log_ins (email_hash, failures, since) values (%(email_hash)s, 0, %(now)s)
       on conflict (email_hash) do update set failures = failed_log_ins.failures returning failures, since"""
)
_SET_FAILURES = query(
    "update failed_log_ins set failures = %(failures)s, since = %(since)s where email_hash = %(email_hash)s"
)
_CLEAR_FAILURES = query("delete from failed_log_ins where email_hash = %(email_hash)s")
_PURGE_FAILURES = query("delete from failed_log_ins where since < %(before)s")


class PostgresSessions:
    """The port ``Sessions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, session_id: str, user_id: str, now: datetime) -> None:
        """A session without a token yet."""
        async with self._database.transaction() as tx:
            await tx.execute(_OPEN, id=ids.uuid_of(session_id), user_id=ids.uuid_of(user_id), now=now)

    async def locked(self, token_hash: bytes) -> RefreshToken | None:
        """The token, with its session locked until the transaction ends."""
        async with self._database.transaction() as tx:
            if await tx.one(_LOCKED, token_hash=token_hash) is None:
                return None
            # Read again under the lock: the locking statement shows the token as it was when it began to wait.
            row = await tx.one(_TOKEN, token_hash=token_hash)
        return _refresh_token(row) if row else None

    async def add_token(self, token_hash: bytes, session_id: str, now: datetime, expire_time: datetime) -> None:
        """Store a token and keep its session at least as long."""
        values = {"session_id": ids.uuid_of(session_id), "now": now, "expire_time": expire_time}
        async with self._database.transaction() as tx:
            await tx.execute(_ADD_TOKEN, token_hash=token_hash, **values)

    async def mark_used(self, token_hash: bytes, now: datetime) -> None:
        """Record the first use; a later one changes nothing."""
        async with self._database.transaction() as tx:
            await tx.execute(_MARK_USED, token_hash=token_hash, now=now)

    async def end(self, session_id: str, now: datetime, reason: str) -> None:
        """End one session, unless it has ended."""
        async with self._database.transaction() as tx:
            await tx.execute(_END, id=ids.uuid_of(session_id), now=now, reason=reason)

    async def end_all(self, user_id: str, now: datetime, reason: str) -> None:
        """End all sessions of a user."""
        async with self._database.transaction() as tx:
            await tx.execute(_END_ALL, user_id=ids.uuid_of(user_id), now=now, reason=reason)

    async def purge(self, before: datetime) -> int:
        """Delete tokens and sessions that ended before; how many sessions."""
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE_TOKENS, before=before)
            return await tx.execute(_PURGE_SESSIONS, before=before)


class PostgresFailedLogIns:
    """The port ``FailedLogIns``."""

    def __init__(self, database: Database, limit: Limit) -> None:
        self._database = database
        self._limit = limit

    async def of(self, email: str) -> Failures | None:
        """The failures of an address."""
        async with self._database.reader() as tx:
            row = await tx.one(_FAILURES, email_hash=_hash(email))
        return Failures(row["failures"], row["since"]) if row else None

    async def add(self, email: str, now: datetime) -> None:
        """Count one more failure, in a window that begins with the first."""
        async with self._database.transaction() as tx:
            row = await tx.one(_LOCK_FAILURES, email_hash=_hash(email), now=now)
            failures = with_another(Failures(row["failures"], row["since"]) if row else None, self._limit, now)
            await tx.execute(_SET_FAILURES, email_hash=_hash(email), failures=failures.count, since=failures.since)

    async def clear(self, email: str) -> None:
        """Forget the failures after a success."""
        async with self._database.transaction() as tx:
            await tx.execute(_CLEAR_FAILURES, email_hash=_hash(email))

    async def purge(self, before: datetime) -> int:
        """Delete counts whose window began before; how many."""
        async with self._database.transaction() as tx:
            return await tx.execute(_PURGE_FAILURES, before=before)


def _hash(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()


def _refresh_token(row: Row) -> RefreshToken:
    return RefreshToken(
        session_id=ids.text("ses", row["session_id"]),
        user_id=ids.text("usr", row["user_id"]),
        expire_time=row["expire_time"],
        first_use_time=row["first_use_time"],
        session_ended=row["ended"],
    )
