"""Secrets made at random on this machine, kept in the state folder's `secrets.json`, for its owner's eyes only."""

import base64
import json
import secrets

from deploy.local.files import write_private
from deploy.local.installation import Installation


class Credentials:
    """Named secrets; one that isn't there yet is made on first use."""

    def __init__(self, installation: Installation) -> None:
        self._path = installation.folder() / "secrets.json"

    def get(self, name: str) -> str:
        """A password of 32 letters and digits: keys of Stripe's shape are made of it."""
        return self._remembered(name, secrets.token_hex(16))

    def key(self, name: str, size: int = 32) -> str:
        """`size` random bytes as base64 text."""
        return self._remembered(name, base64.b64encode(secrets.token_bytes(size)).decode())

    def _remembered(self, name: str, fresh: str) -> str:
        known: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        if name not in known:
            known[name] = fresh
            write_private(self._path, json.dumps(known, indent=2, sort_keys=True) + "\n")
        return known[name]
