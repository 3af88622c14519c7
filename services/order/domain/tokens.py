"""Order tokens: what lets a guest get, watch, cancel and verify one order."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TokenKeys:
    """The server's keys by id; `current` makes new tokens, the others still answer repeats of older orders."""

    current: str
    keys: Mapping[str, bytes]

    def token(self, order_id: str, key_id: str) -> str:
        """The token of an order, always the same: 128 bits of an HMAC-SHA256 of its id. KeyError for a key that is gone."""
        digest = hmac.digest(self.keys[key_id], order_id.encode(), "sha256")
        return "ot_" + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def parse_keys(text: str) -> TokenKeys:
    """Reads "kid:base64,kid2:base64", the current one first; ValueError where a part is malformed or under 16 bytes."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, separator, secret = part.strip().partition(":")
        keys[key_id] = base64.b64decode(secret, validate=True)
        if not key_id or not separator or len(keys[key_id]) < 16:
            raise ValueError('order token keys are "kid:base64,..." of at least 16 bytes each')
    return TokenKeys(current=next(iter(keys)), keys=keys)


def token_hash(token: str) -> bytes:
    """What is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()
