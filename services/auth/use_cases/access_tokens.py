"""Access tokens and the keys that sign them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.domain import signing_keys
from services.auth.domain.signing_keys import SigningKey
from services.auth.domain.users import User
from services.auth.ports import KeyStore
from services.chassis.clock import Clock

CACHED = timedelta(seconds=60)
"""How long a process works with the keys it read; far below the time for which a new key only waits."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and when it ends."""

    token: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Who issues tokens for whom, how long they live, and how long a new key is published before it signs."""

    issuer: str
    audience: str
    life: timedelta
    key_delay: timedelta


class AccessTokens:
    """Issues access tokens and publishes what verifies them."""

    def __init__(self, store: KeyStore, rules: TokenRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._keys: tuple[datetime, list[SigningKey]] | None = None

    async def issue(self, user: User, session_id: str) -> AccessToken:
        """A token that says who the user is; claims after RFC 9068."""
        now = self._clock().replace(microsecond=0)
        expire_time = now + self._rules.life
        claims: dict[str, object] = {
            "iss": self._rules.issuer,
            "aud": self._rules.audience,
            "sub": user.id,
            "sid": session_id,
            "roles": [role.value for role in user.roles],
            "scopes": [],
            "iat": int(now.timestamp()),
            "exp": int(expire_time.timestamp()),
        }
        return AccessToken(await self._store.sign(await self._signing_key(), claims), expire_time)

    async def jwks(self) -> str:
        """The JSON Web Key Set (RFC 7517) of all keys that verifiers must know."""
        await self._signing_key()
        keys = signing_keys.published(await self._ring(), self._clock())
        return json.dumps({"keys": [key.public_jwk for key in keys]}, separators=(",", ":"))

    async def rotate(self) -> SigningKey:
        """A new key that signs once every verifier has had the time to read it; the others leave after it took over."""
        await self._signing_key()
        activate_time = self._clock() + self._rules.key_delay
        key = await self._store.rotate(activate_time, activate_time + self._rules.life + CACHED)
        self._keys = None
        return key

    async def purge(self) -> None:
        """Delete keys that nothing valid was signed with."""
        await self._store.purge(self._clock())

    async def _signing_key(self) -> SigningKey:
        now = self._clock()
        if key := signing_keys.signing(await self._ring(), now):
            return key
        await self._store.create_first(now)
        self._keys = None
        key = signing_keys.signing(await self._ring(), now)
        assert key is not None, "there is a key now"
        return key

    async def _ring(self) -> list[SigningKey]:
        now = self._clock()
        if self._keys is None or now - self._keys[0] > CACHED:
            self._keys = (now, list(await self._store.keys()))
        return self._keys[1]
