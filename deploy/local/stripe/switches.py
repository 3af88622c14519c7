"""Switches: deliberate trouble, laid by the control API, each scoped by a match so that parallel tests stay apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .errors import Json
from .store import Tx

KINDS = (
    "api_fail",
    "api_hold",
    "webhook_duplicate",
    "webhook_delay",
    "webhook_lose",
    "webhook_hold",
    "webhook_reorder",
    "refund_pending",
    "async_payment",
)


@dataclass(frozen=True)
class Subject:
    """What a match is held against: an API request (method, path) or an event (type), with the metadata around it."""

    method: str = ""
    path: str = ""
    type: str = ""
    text: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Switch:
    """One laid switch; `remaining` counts down to 0, None is unlimited."""

    id: int
    spec: Json
    remaining: int | None

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return str(self.spec["kind"])

    def matches(self, subject: Subject) -> bool:
        """Whether every part of the match fits; `path` and `type` may hold `*`."""
        match: Json = self.spec.get("match") or {}
        return (
            match.get("method", subject.method).upper() == subject.method
            and fnmatchcase(subject.path, match.get("path", "*"))
            and fnmatchcase(subject.type, match.get("type", "*"))
            and match.get("text", "") in subject.text
            and all(subject.metadata.get(key) == value for key, value in (match.get("metadata") or {}).items())
        )


def lay(tx: Tx, spec: Json) -> Switch:
    """Store a switch; it works from the next transaction on."""
    count = spec.get("count")
    cursor = tx.connection.execute("INSERT INTO switches (spec, remaining) VALUES (?, ?)", (json.dumps(spec), count))
    return Switch(cursor.lastrowid or 0, spec, count)


def laid(tx: Tx) -> list[Switch]:
    """All switches, the oldest first."""
    return _read(tx, "SELECT id, spec, remaining FROM switches ORDER BY id")


def take(tx: Tx, prefix: str, subject: Subject) -> Switch | None:
    """The oldest live switch whose kind begins with `prefix` and that matches; its count goes down by one."""
    for switch in _read(tx, "SELECT id, spec, remaining FROM switches WHERE remaining IS NOT 0 ORDER BY id"):
        if switch.kind.startswith(prefix) and switch.matches(subject):
            tx.connection.execute("UPDATE switches SET remaining = remaining - 1 WHERE id = ?", (switch.id,))
            return switch
    return None


def _read(tx: Tx, statement: str) -> list[Switch]:
    rows = tx.connection.execute(statement).fetchall()
    return [Switch(row["id"], json.loads(row["spec"]), row["remaining"]) for row in rows]


def lift(tx: Tx, switch_id: int) -> None:
    """Forget a switch."""
    tx.connection.execute("DELETE FROM switches WHERE id = ?", (switch_id,))


def metadata_around(tx: Tx, body: Json) -> dict[str, str]:
    """The metadata of an object or a request, with that of the objects it names (its own goes first)."""
    found: dict[str, str] = {}
    for named in _named_ids(body):
        found |= _stored_metadata(tx, named)
    nested: Any = (body.get("payment_intent_data") or {}).get("metadata")
    return found | (nested or {}) | (body.get("metadata") or {})


def _named_ids(body: Json) -> list[str]:
    return [body[key] for key in ("id", "charge", "payment_intent") if isinstance(body.get(key), str)]


def _stored_metadata(tx: Tx, id: str) -> dict[str, str]:
    rows = tx.connection.execute("SELECT body FROM objects WHERE id = ?", (id,))
    row = rows.fetchone()
    return dict(json.loads(row["body"]).get("metadata") or {}) if row else {}
