"""The webhook queue: which deliveries an event becomes, under the switches, and Stripe's signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from . import switches
from .errors import Json
from .params import Url
from .store import Record, Tx
from .switches import Subject, Switch


@dataclass(frozen=True)
class Endpoint:
    """Where webhooks go; every secret signs (two while one is rotated)."""

    url: str | None
    secrets: tuple[str, ...]


def endpoint(tx: Tx) -> Endpoint:
    """The endpoint set by the control API, else the one given at start."""
    row = tx.connection.execute("SELECT url, secrets FROM endpoint").fetchone()
    if row:
        return Endpoint(row["url"], tuple(json.loads(row["secrets"])))
    return Endpoint(tx.settings.webhook_url, tx.settings.webhook_secrets)


def point_at(tx: Tx, url: str | None, secrets: list[str]) -> None:
    """Send webhooks to another address, or none, from now on; raise for one that isn't http or https."""
    if url is not None:
        Url().read(url, "url")
    tx.connection.execute(
        "INSERT OR REPLACE INTO endpoint (only, url, secrets) VALUES (1, ?, ?)", (url, json.dumps(secrets))
    )


def subscribers(tx: Tx) -> int:
    """How many endpoints are told: 1 or 0."""
    return 1 if endpoint(tx).url else 0


def signature(payload: bytes, secrets: tuple[str, ...], timestamp: int) -> str:
    """The `Stripe-Signature` header: one v1 signature for each secret (docs.stripe.com/webhooks#verify-manually)."""
    signed = f"{timestamp}.".encode() + payload
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])


def enqueue(tx: Tx, event: Record) -> None:
    """Queue an event's deliveries as the oldest matching switch says: one, at once, where there is none."""
    if not endpoint(tx).url:
        return
    body: Json = event.body["data"]["object"]
    subject = Subject(type=event.body["type"], text=json.dumps(body), metadata=switches.metadata_around(tx, body))
    switch = switches.take(tx, "webhook_", subject)
    if switch is None:
        _insert(tx, event.id)
    else:
        _enqueue_switched(tx, event.id, switch)


def _enqueue_switched(tx: Tx, event_id: str, switch: Switch) -> None:
    match switch.kind:
        case "webhook_duplicate":
            for _ in range(switch.spec["copies"]):
                _insert(tx, event_id)
        case "webhook_delay":
            _insert(tx, event_id, delay=switch.spec["seconds"])
        case "webhook_lose":
            _insert(tx, event_id, state="lost")
        case "webhook_hold":
            _insert(tx, event_id, state="held", switch_id=switch.id)
        case "webhook_reorder":
            _insert(tx, event_id, state="held", switch_id=switch.id)
            if switch.remaining == 1:
                release_held(tx, switch.id, backwards=True)


def _insert(tx: Tx, event_id: str, *, state: str = "pending", delay: float = 0.0, switch_id: int | None = None) -> None:
    now = time.time()
    tx.connection.execute(
        "INSERT INTO deliveries (event_id, state, due_at, switch_id, created) VALUES (?, ?, ?, ?, ?)",
        (event_id, state, now + delay, switch_id, now),
    )


def redeliver(tx: Tx, event_id: str) -> None:
    """Queue one more delivery of an event, past every switch."""
    _insert(tx, event_id)


def release_held(tx: Tx, switch_id: int, *, backwards: bool = False) -> None:
    """Let a switch's held deliveries go, one after the other, in their order or the reverse."""
    tx.connection.execute(
        "UPDATE deliveries SET state = 'pending', due_at = ?, lane = ?, lane_position = id * ?"
        " WHERE state = 'held' AND switch_id = ?",
        (time.time(), f"switch-{switch_id}", -1 if backwards else 1, switch_id),
    )


def held(tx: Tx, switch_id: int) -> int:
    """How many deliveries a switch holds back now."""
    rows = tx.connection.execute("SELECT count(*) FROM deliveries WHERE state = 'held' AND switch_id = ?", (switch_id,))
    return int(rows.fetchone()[0])


def listed(tx: Tx, event_id: str | None = None, state: str | None = None) -> list[Json]:
    """The deliveries, the oldest first, with their event's type; of one event or in one state."""
    rows = tx.connection.execute(
        "SELECT d.*, o.subject AS event_type FROM deliveries d JOIN objects o ON o.id = d.event_id"
        " WHERE (? IS NULL OR d.event_id = ?) AND (? IS NULL OR d.state = ?) ORDER BY d.id",
        (event_id, event_id, state, state),
    )
    return [dict(row) for row in rows.fetchall()]
