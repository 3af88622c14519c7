"""Signing keys by time: a key is published before it signs, and stays published until what it signed has ended.

| moment | key A | key B |
|---|---|---|
| rotation | signs, published | published |
| B's activate_time | published | signs, published |
| A's retire_time | gone | signs, published |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair's public part and its times; ``id`` is the token header's ``kid``."""

    id: str
    public_jwk: dict[str, str]
    activate_time: datetime
    retire_time: datetime | None


def signing(keys: Iterable[SigningKey], now: datetime) -> SigningKey | None:
    """The key that signs now: of those active, the youngest.

    Where none is active yet, the first that will be: the very first key, seen by a clock behind its maker's.
    """
    known = sorted(published(keys, now), key=lambda key: key.activate_time)
    active = [key for key in known if key.activate_time <= now]
    return active[-1] if active else next(iter(known), None)


def published(keys: Iterable[SigningKey], now: datetime) -> list[SigningKey]:
    """The keys that verifiers must know now."""
    return [key for key in keys if key.retire_time is None or now < key.retire_time]
