"""How long an event takes from its transaction to a consumer of committed events, at a steady rate."""

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from bench.relay.place import TOPIC, Place, place, relay
from services.chassis import ids
from services.chassis.database import Database
from services.chassis.outbox import Outbox

WRITERS = 4
WARM_UP_S = 3.0


def measure(rate: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Milliseconds: p50, p99 and the most; with the rate that was reached."""
    with place() as made, relay(made):
        reader = _Reader(made, after=WARM_UP_S)
        written, took = asyncio.run(_write(made, rate, seconds + WARM_UP_S, reader))
        lags = reader.join(written)
    cuts = statistics.quantiles(lags, n=100)
    row = {"p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(lags), "events_per_second": written / took}
    return {f"{rate} events/s": {name: round(value, 1) for name, value in row.items()}}


async def _write(made: Place, rate: int, seconds: float, reader: "_Reader") -> tuple[int, float]:
    """Adds events as services do, each in a transaction of its own; how many, and the seconds it took."""
    numbers = iter(range(int(rate * seconds)))
    async with Database(made.settings) as database:
        await _add(database)
        await asyncio.to_thread(reader.reads.wait)  # the relay is up
        began = reader.began = time.monotonic()
        await asyncio.gather(*(_writer(database, numbers, began, rate) for _ in range(WRITERS)))
    return 1 + int(rate * seconds), time.monotonic() - began


async def _writer(database: Database, numbers: Iterator[int], began: float, rate: int) -> None:
    for number in numbers:
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        await _add(database)


async def _add(database: Database) -> None:
    """An event that says when its transaction began."""
    key = ids.new("usr")
    event = UserRegistered(user_id=key, display_name=str(time.time()))
    async with database.transaction() as tx:
        await Outbox("bench").add(tx, event, topic=TOPIC, key=key, version=1)


class _Reader:
    """Notes the age of each event in a thread, those of the first seconds left out."""

    def __init__(self, made: Place, after: float) -> None:
        self.began = time.monotonic()
        self.reads = threading.Event()
        self._after = after
        self._lags: list[float] = []
        self._count = 0
        self._wanted: int | None = None
        self._consumer = Consumer(
            made.settings.kafka_client
            | {"group.id": f"{made.prefix}lag", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
        )
        self._consumer.subscribe([made.prefix + TOPIC])
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def join(self, written: int) -> list[float]:
        """The ages in milliseconds, once all that was written has come."""
        self._wanted = written
        self._thread.join()
        return self._lags

    def _read(self) -> None:
        while self._wanted is None or self._count < self._wanted:
            message = self._consumer.poll(0.1)
            value = message.value() if message is not None and message.error() is None else None
            if not isinstance(value, bytes):
                continue
            self._count += 1
            self.reads.set()
            if time.monotonic() - self.began > self._after:
                age = time.time() - float(UserRegistered.FromString(value).display_name)
                self._lags.append(1000 * age)
        self._consumer.close()
