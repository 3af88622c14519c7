"""Events: the facts that Stripe announces, listed by the API and sent as webhooks."""

from __future__ import annotations

import copy

from . import ids, webhooks
from .defaults import API_VERSION
from .errors import Json
from .store import Record, Tx


def emit(tx: Tx, type: str, body: Json, previous: Json | None = None) -> None:
    """Record that something happened to `body` (a snapshot is taken) and queue its webhooks."""
    data: Json = {"object": copy.deepcopy(body)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": ids.new_id("evt_3"),
        "object": "event",
        "api_version": API_VERSION,
        "created": tx.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": webhooks.subscribers(tx),
        "request": dict(tx.request),
        "type": type,
    }
    webhooks.enqueue(tx, tx.insert(Record("event", event, subject=type)))
