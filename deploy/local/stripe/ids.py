"""Identifiers that look like Stripe's: a prefix and random letters and digits."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def random_text(length: int) -> str:
    """Unguessable letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `pi_3kXb...`; `prefix` ends where the random part begins."""
    return f"{prefix}{random_text(length)}"
