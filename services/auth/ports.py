"""What auth's use cases need of the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.auth.domain.sessions import RefreshToken
from services.auth.domain.signing_keys import SigningKey
from services.auth.domain.throttle import Failures
from services.auth.domain.users import Credential, User


class Users(Protocol):
    """Users and their credentials."""

    async def register(self, credential: Credential) -> bool:
        """Store a new user and announce them; False where the address is taken."""

    async def add(self, credential: Credential) -> bool:
        """Store a new user without a word; False where the address is taken."""

    async def by_email(self, email: str) -> Credential | None: ...

    async def get(self, user_id: str) -> User | None: ...

    async def update(self, credential: Credential) -> None:
        """Overwrite name, roles, version and password hash of a known user."""

    async def still_has(self, credential: Credential) -> bool:
        """Whether this is still their password's hash; it stays so until the open transaction ends."""

    async def set_password_hash(self, user_id: str, password_hash: str) -> None: ...


class Sessions(Protocol):
    """Sessions and their refresh tokens, by the tokens' hashes. ``locked`` needs an open transaction."""

    async def open(self, session_id: str, user_id: str, now: datetime) -> None: ...

    async def locked(self, token_hash: bytes) -> RefreshToken | None:
        """The token, with its session locked until the transaction ends."""

    async def add_token(self, token_hash: bytes, session_id: str, now: datetime, expire_time: datetime) -> None:
        """Store a token and keep its session at least as long."""

    async def mark_used(self, token_hash: bytes, now: datetime) -> None:
        """Record the first use; a later one changes nothing."""

    async def end(self, session_id: str, now: datetime, reason: str) -> None: ...

    async def end_all(self, user_id: str, now: datetime, reason: str) -> None: ...

    async def purge(self, before: datetime) -> int:
        """Delete tokens and sessions that ended before; how many sessions."""


class FailedLogIns(Protocol):
    """Counts of failed log-ins by address."""

    async def of(self, email: str) -> Failures | None: ...

    async def add(self, email: str, now: datetime) -> None: ...

    async def clear(self, email: str) -> None: ...

    async def purge(self, before: datetime) -> int: ...


class Passwords(Protocol):
    """A password hashing function."""

    async def hash(self, password: str) -> str: ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether it fits; with no hash it takes as long and is False."""

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""


class KeyStore(Protocol):
    """Signing keys. Private parts leave it only inside signatures."""

    async def keys(self) -> Sequence[SigningKey]: ...

    async def create_first(self, activate_time: datetime) -> None:
        """Make a key, unless there is one; of many at the same time one does."""

    async def rotate(self, activate_time: datetime, retire_others: datetime) -> SigningKey: ...

    async def purge(self, now: datetime) -> int: ...

    async def sign(self, key: SigningKey, claims: dict[str, object]) -> str:
        """A compact JWS (ES256) of the claims with the key's id in its header."""
