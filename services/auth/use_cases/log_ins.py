"""Opening, carrying on and ending sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.domain import sessions as families
from services.auth.domain.sessions import Verdict
from services.auth.domain.throttle import Limit, wait_of
from services.auth.domain.users import Credential, User, normal_email, normal_password
from services.auth.ports import FailedLogIns, Passwords, Sessions, Users
from services.auth.use_cases.access_tokens import AccessToken, AccessTokens
from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database
from services.chassis.errors import ResourceExhausted, Unauthenticated

KEEP_ENDED_SESSIONS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens of a session and whose they are."""

    access: AccessToken
    refresh_token: str
    refresh_expire_time: datetime
    user: User


class LogIns:
    """Opening, carrying on and ending sessions."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        failures: FailedLogIns,
        passwords: Passwords,
        tokens: AccessTokens,
        database: Database,
        clock: Clock,
        *,
        limit: Limit,
        refresh_token_life: timedelta,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._failures = failures
        self._passwords = passwords
        self._tokens = tokens
        self._database = database
        self._clock = clock
        self._limit = limit
        self._refresh_token_life = refresh_token_life

    async def log_in(self, email: str, password: str) -> TokenPair:
        """A new session; INVALID_CREDENTIALS, or TOO_MANY_FAILED_LOG_INS with the time to wait."""
        address, password = normal_email(email), normal_password(password)
        await self._check_throttle(address)
        known = await self._authenticate(address, password)
        renewed = await self._renewed_hash(known, password)
        session_id = ids.new("ses")
        async with self._database.transaction():
            # The password may have changed since it was checked: then the old one opens nothing, and stays gone.
            if not await self._users.still_has(known):
                raise _wrong_credentials()
            if renewed:
                await self._users.set_password_hash(known.user.id, renewed)
            await self._sessions.open(session_id, known.user.id, self._clock())
            refresh = await self._add_token(session_id)
            await self._failures.clear(address)
        return await self._pair(session_id, known.user, refresh)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """The next pair of the same session; REFRESH_TOKEN_INVALID, or REFRESH_TOKEN_REUSED, which ends it."""
        used = families.token_hash(refresh_token)
        async with self._database.transaction():
            now = self._clock()
            token = await self._sessions.locked(used)
            user = token and await self._users.get(token.user_id)
            verdict = families.judge(token if user else None, now)
            if token and verdict is Verdict.REUSED:
                await self._sessions.end(token.session_id, now, "REFRESH_TOKEN_REUSED")
            if token and verdict is Verdict.EXCHANGE:
                await self._sessions.mark_used(used, now)
                refresh = await self._add_token(token.session_id)
        # Only after the commit: it is what ends a stolen family.
        if token and user and verdict is Verdict.EXCHANGE:
            return await self._pair(token.session_id, user, refresh)
        raise _refusal(verdict)

    async def log_out(self, refresh_token: str) -> None:
        """End the token's session; an unknown token is no error."""
        async with self._database.transaction():
            token = await self._sessions.locked(families.token_hash(refresh_token))
            if token and not token.session_ended:
                await self._sessions.end(token.session_id, self._clock(), "LOGGED_OUT")

    async def purge(self) -> None:
        """Forget what ended a while ago."""
        now = self._clock()
        await self._sessions.purge(now - KEEP_ENDED_SESSIONS)
        await self._failures.purge(now - self._limit.window)

    async def _check_throttle(self, address: str) -> None:
        wait = wait_of(await self._failures.of(address), self._limit, self._clock())
        if wait:
            raise ResourceExhausted(
                "TOO_MANY_FAILED_LOG_INS", "too many failed log-ins for this address", retry_after=wait.total_seconds()
            )

    async def _authenticate(self, address: str, password: str) -> Credential:
        known = await self._users.by_email(address)
        matches = await self._passwords.matches(password, known.password_hash if known else None)
        if known is None or not matches:
            await self._failures.add(address, self._clock())
            raise _wrong_credentials()
        # Asked again: guesses that ran side by side all passed the first check.
        await self._check_throttle(address)
        return known

    async def _renewed_hash(self, known: Credential, password: str) -> str | None:
        """A hash by today's parameters, where the stored one is by others."""
        return await self._passwords.hash(password) if self._passwords.outdated(known.password_hash) else None

    async def _add_token(self, session_id: str) -> tuple[str, datetime]:
        now = self._clock()
        token, expire_time = families.new_token(), now + self._refresh_token_life
        await self._sessions.add_token(families.token_hash(token), session_id, now, expire_time)
        return token, expire_time

    async def _pair(self, session_id: str, user: User, refresh: tuple[str, datetime]) -> TokenPair:
        # Signed outside the transaction: a first signing key must not be undone with a log-in that fails.
        access = await self._tokens.issue(user, session_id)
        return TokenPair(access, *refresh, user)


def _wrong_credentials() -> Unauthenticated:
    return Unauthenticated("INVALID_CREDENTIALS", "address or password is wrong")


def _refusal(verdict: Verdict) -> Unauthenticated:
    if verdict is Verdict.REUSED:
        return Unauthenticated("REFRESH_TOKEN_REUSED", "this token was used before; its session has ended")
    return Unauthenticated("REFRESH_TOKEN_INVALID", "this token is unknown or its session has ended")
