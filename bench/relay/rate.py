"""Events a second that a relay publishes from an outbox in which many wait."""

import statistics
import time
from datetime import UTC, datetime
from typing import Any

import psutil
import psycopg
from confluent_kafka import Consumer

from bench.relay.place import TOPIC, Place, place, relay
from services.chassis import ids

PAYLOAD_BYTES = 400
EVENTS_OF_A_KEY = 4
ASK_EVERY_S = 0.05
_COPY = "copy outbox (event_id, topic, key, version, incarnation, type, headers, payload, create_time) from stdin"
_LEFT = "select count(*) from outbox where publish_time is null"
_BACKENDS = """
    select array_agg(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
# The first batch has the relay's start in it: it counts from there on.
_RATE = """
    with batches as (select publish_time, count(*) as events from outbox group by publish_time)
    select (sum(events) - (array_agg(events order by publish_time))[1])::float8
           / extract(epoch from max(publish_time) - min(publish_time))::float8, count(*) from batches"""


def measure(events: int, rounds: int) -> dict[str, dict[str, Any]]:
    """By round, and of all the median: events a second, and the relay's own processor time for an event."""
    measured = [_round(events) for _ in range(rounds)]
    medians = {name: round(statistics.median(each[name] for each in measured), 1) for name in measured[0]}
    named = {f"round {number}": each for number, each in enumerate(measured, 1)}
    return {**named, "median": medians}


def _round(events: int) -> dict[str, float]:
    with place() as made:
        fill(made, events)
        _know_sizes(made)
        with relay(made) as process:
            own, server = _drain(made, process)
        rate, batches = made.row(_RATE)
        assert _arrived(made, events) == events
    return {
        "events_per_second": round(rate),
        "relay_cpu_us_per_event": round(1e6 * own, 1),
        "postgres_cpu_us_per_event": round(1e6 * server, 1),
        "events_per_batch": round(events / batches),
    }


def fill(made: Place, events: int) -> None:
    """Puts events into the outbox, a few of each key."""
    payload = bytes(PAYLOAD_BYTES)
    headers = '{"ce_source": "bench", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}'
    with psycopg.connect(made.database_url) as connection, connection.cursor().copy(_COPY) as copy:
        now = datetime.now(UTC)
        for number in range(events):
            key, version = divmod(number, EVENTS_OF_A_KEY)
            name = f"ord_{key:026}"
            copy.write_row((ids.new_uuid(), TOPIC, name, version + 1, 1, "bench.v1.Happened", headers, payload, now))


def _know_sizes(made: Place) -> None:
    """What the server's autovacuum does within a minute of such a growth."""
    with psycopg.connect(made.database_url) as connection:
        connection.execute("analyze outbox")


def _drain(made: Place, process: psutil.Process) -> tuple[float, float]:
    """Waits until nothing is left; seconds of processor time for an event, of the relay and of the server's processes that
    work for it, once it has begun."""
    whole = left = int(made.row(_LEFT)[0])
    while left == whole:
        time.sleep(ASK_EVERY_S)
        left = int(made.row(_LEFT)[0])
    servers = [psutil.Process(pid) for pid in made.row(_BACKENDS)[0]]
    before, first = (_cpu(process), sum(map(_cpu, servers))), int(made.row(_LEFT)[0])
    while made.row(_LEFT)[0]:
        time.sleep(ASK_EVERY_S)
    own, server = _cpu(process) - before[0], sum(map(_cpu, servers)) - before[1]
    return own / max(1, first), server / max(1, first)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _arrived(made: Place, most: int) -> int:
    """How many a consumer of committed events finds, one second beyond the last."""
    consumer = Consumer(
        made.settings.kafka_client
        | {"group.id": f"{made.prefix}count", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
    )
    consumer.subscribe([made.prefix + TOPIC])
    count = 0
    try:
        while count < most and (found := consumer.consume(5000, 20)):
            count += len(found)
        return count + len(consumer.consume(1, 1))
    finally:
        consumer.close()
