"""Stripe's idempotency: the first answer to a key is kept, whatever it was, and replayed to whoever sends it again.

Source: docs.stripe.com/api/idempotent_requests. Nothing is kept for a request refused before it began (bad shape,
key in use); keys live 24 hours and belong to the account's API key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import ApiError, Json, invalid
from .store import Tx

_KEPT_S = 86400
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Key:
    """An idempotency key of an account, with the hash of the request it came with."""

    account: str
    text: str
    request_hash: str


@dataclass(frozen=True)
class Kept:
    """An answer kept under a key, and the request that it first answered."""

    status: int
    body: Json
    request_id: str


def key(api_key: str, text: str, method: str, path: str, raw: str) -> Key:
    """The key of a request; the API key is kept as a hash only."""
    if len(text) > _LONGEST_KEY:
        raise invalid(f"Idempotency keys must be at most {_LONGEST_KEY} characters.")
    account = hashlib.sha256(api_key.encode()).hexdigest()[:16]
    return Key(account, text, hashlib.sha256(f"{method} {path} {raw}".encode()).hexdigest())


def find(tx: Tx, wanted: Key) -> Kept | None:
    """The kept answer, or None; raises where the key came with another request before."""
    row = tx.connection.execute(
        "SELECT * FROM idempotency WHERE account = ? AND key = ? AND created > ?",
        (wanted.account, wanted.text, time.time() - _KEPT_S),
    ).fetchone()
    if row is None:
        return None
    if row["request_hash"] != wanted.request_hash:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{wanted.text}' if you meant to execute a different "
            "request.",
            type="idempotency_error",
        )
    return Kept(row["status"], json.loads(row["body"]), row["request_id"])


def keep(tx: Tx, used: Key, answer: Kept) -> None:
    """Keep the answer, and drop those whose day is over."""
    tx.connection.execute("DELETE FROM idempotency WHERE created <= ?", (time.time() - _KEPT_S,))
    tx.connection.execute(
        "INSERT INTO idempotency (account, key, request_hash, request_id, status, body, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            used.account,
            used.text,
            used.request_hash,
            answer.request_id,
            answer.status,
            json.dumps(answer.body),
            time.time(),
        ),
    )


def forget(tx: Tx, text: str) -> int:
    """Drop a key as if its day were over; returns how many were dropped."""
    return tx.connection.execute("DELETE FROM idempotency WHERE key = ?", (text,)).rowcount


class InUse:
    """The keys whose requests are executing now."""

    def __init__(self) -> None:
        self._texts: set[tuple[str, str]] = set()

    @contextmanager
    def claim(self, wanted: Key | None) -> Iterator[None]:
        """Hold a key while its request executes; 409 where another request holds it."""
        if wanted is None:
            yield
            return
        entry = (wanted.account, wanted.text)
        if entry in self._texts:
            raise ApiError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that "
                "probably means you submitted twice, and the other request is still going through): "
                f"{wanted.text}. Please try again later.",
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        self._texts.add(entry)
        try:
            yield
        finally:
            self._texts.discard(entry)
