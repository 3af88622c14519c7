"""Sessions as families of refresh tokens, after RFC 9700 section 4.14.2 (rotation with reuse detection)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EXCHANGE_AGAIN = timedelta(seconds=30)
"""How long after its first use a token is exchanged again: two tabs and lost answers are no theft."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token as stored, with the state of its session (its family)."""

    session_id: str
    user_id: str
    expire_time: datetime
    first_use_time: datetime | None
    session_ended: bool


class Verdict(StrEnum):
    """What becomes of a refresh token that was shown."""

    EXCHANGE = "EXCHANGE"
    INVALID = "INVALID"
    REUSED = "REUSED"


def judge(token: RefreshToken | None, now: datetime) -> Verdict:
    """Whether a shown token is exchanged; ``None`` stands for one that nobody knows."""
    if token is None or token.session_ended or now >= token.expire_time:
        return Verdict.INVALID
    if token.first_use_time is None or now - token.first_use_time <= EXCHANGE_AGAIN:
        return Verdict.EXCHANGE
    return Verdict.REUSED


def new_token() -> str:
    """A refresh token: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token; a plain hash does, because nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
