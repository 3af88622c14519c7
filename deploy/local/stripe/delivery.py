"""Sends queued webhooks: at least once, several at a time, again with growing pauses until one is answered with 2xx."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass

import httpcore

from . import webhooks
from .store import Store, Tx

_LOG = logging.getLogger("stripe.webhooks")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GIVE_UP_S = 0.5, 60.0, 3 * 86400.0
_ANSWER_WITHIN_S = 10.0
_AT_ONCE = 16
_IDLE_S = 1.0

_DUE = """
SELECT d.id, d.event_id, d.attempts, d.created, o.body FROM deliveries d JOIN objects o ON o.id = d.event_id
WHERE d.state = 'pending' AND d.due_at <= ? AND NOT EXISTS (
  SELECT 1 FROM deliveries earlier WHERE earlier.lane = d.lane AND earlier.lane_position < d.lane_position
  AND earlier.state = 'pending' AND earlier.attempts = 0)
ORDER BY d.due_at, d.id LIMIT ?
"""


@dataclass(frozen=True)
class _Delivery:
    id: int
    attempts: int
    created: float
    payload: bytes


class Deliverer:
    """A background task over the queue; `wake` makes it look at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = asyncio.Event()
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._pool = httpcore.AsyncConnectionPool(max_connections=_AT_ONCE)

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._wake.clear()
                pause = self._start_due()
                await self._sleep(pause)
        finally:
            for task in self._in_flight.values():
                task.cancel()
            await self._pool.aclose()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _start_due(self) -> float:
        with self._store.transaction() as tx:
            target = webhooks.endpoint(tx)
            due = [] if target.url is None else self._due(tx)
            pause = self._until_next(tx)
        for delivery in due:
            task = asyncio.create_task(self._deliver(delivery, target))
            self._in_flight[delivery.id] = task
        return pause

    def _due(self, tx: Tx) -> list[_Delivery]:
        rows = tx.connection.execute(_DUE, (time.time(), _AT_ONCE + len(self._in_flight))).fetchall()
        free = [row for row in rows if row["id"] not in self._in_flight][: _AT_ONCE - len(self._in_flight)]
        return [
            _Delivery(
                row["id"], row["attempts"], row["created"], json.dumps(json.loads(row["body"]), indent=2).encode()
            )
            for row in free
        ]

    @staticmethod
    def _until_next(tx: Tx) -> float:
        now = time.time()
        rows = tx.connection.execute(
            "SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND due_at > ?", (now,)
        )
        due_at = rows.fetchone()[0]
        return _IDLE_S if due_at is None else min(_IDLE_S, due_at - now)

    async def _deliver(self, delivery: _Delivery, target: webhooks.Endpoint) -> None:
        try:
            status, problem = await self._post(delivery.payload, target)
            self._record(delivery, status, problem)
        finally:
            del self._in_flight[delivery.id]
            self.wake()

    async def _post(self, payload: bytes, target: webhooks.Endpoint) -> tuple[int | None, str | None]:
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
            ("Stripe-Signature", webhooks.signature(payload, target.secrets, int(time.time()))),
        ]
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                answer = await self._pool.request("POST", str(target.url), headers=headers, content=payload)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError) as error:
            return None, f"{type(error).__name__}: {error}"
        return answer.status, None if 200 <= answer.status < 300 else f"answered {answer.status}"

    def _record(self, delivery: _Delivery, status: int | None, problem: str | None) -> None:
        attempts = delivery.attempts + 1
        too_old = time.time() - delivery.created > _GIVE_UP_S
        state = "delivered" if problem is None else "failed" if too_old else "pending"
        pause = min(_FIRST_PAUSE_S * 2 ** min(delivery.attempts, 16), _LONGEST_PAUSE_S)
        if problem:
            _LOG.warning("webhook %d not taken (%s), attempt %d", delivery.id, problem, attempts)
        with self._store.transaction() as tx:
            tx.connection.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, due_at = CASE WHEN ? = 'pending' THEN ? ELSE due_at END,"
                " last_status = ?, last_error = ? WHERE id = ?",
                (state, attempts, state, time.time() + pause, status, problem, delivery.id),
            )
