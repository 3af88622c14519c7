"""The outbox: events are rows of the fact's own transaction, and the relay publishes them afterwards.

Twice: an event that is published again has the same id, and every consumer's inbox knows it.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from google.protobuf.message import Message

from services.chassis import ids, telemetry
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.errors import InvalidArgument
from services.chassis.tasks import Handler, Task
from services.chassis.wakeups import wake

RETENTION = timedelta(days=29)
"""Rows hold personal data, so like the topics they are gone after 30 days, however late a purge comes."""

MOST_BYTES = 900_000
"""Of an event: the broker's and the client's limits are a little over a million, with the headers. One that they refuse
would hold up all the others for good."""

_INSERT = query(
    """insert into outbox (event_id, topic, key, version, incarnation, type, headers, payload, create_time)
       select %(event_id)s, %(topic)s, %(key)s, %(version)s, incarnation, %(type)s, %(headers)s, %(payload)s, %(time)s
       from chassis_state"""
)
_PURGE = query("delete from outbox where publish_time < %(before)s")


class Outbox:
    """Writes the events of one service; ``source`` is the service's name."""

    def __init__(self, source: str) -> None:
        self._source = source

    async def add(self, tx: Transaction, event: Message, *, topic: str, key: str, version: int) -> UUID:
        """Adds an event of the aggregate ``key`` at ``version``. Call it after the aggregate's row is locked.

        InvalidArgument TOO_LARGE where no topic would take it: then the fact does not happen either.
        """
        payload = event.SerializeToString(deterministic=True)
        if len(payload) > MOST_BYTES:
            raise InvalidArgument(
                f"{key} would have {len(payload)} bytes, and may have {MOST_BYTES}", reason="TOO_LARGE"
            )
        event_id = ids.new_uuid()
        headers = {"ce_source": self._source, "traceparent": telemetry.current_traceparent()}
        await tx.execute(
            _INSERT,
            event_id=event_id,
            topic=topic,
            key=key,
            version=version,
            type=event.DESCRIPTOR.full_name,
            headers=headers,
            payload=payload,
            time=datetime.now(UTC),
        )
        tx.after_commit(lambda: wake("relay"))
        return event_id


def envelope(row: Row) -> list[tuple[str, str | bytes | None]]:
    """The Kafka headers of an outbox row. Source: CloudEvents 1.0, Kafka protocol binding, binary mode."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(row["event_id"]),
        "ce_type": row["type"],
        "ce_subject": row["key"],
        "ce_time": row["create_time"].astimezone(UTC).isoformat(),
        "ce_sequence": f"{row['incarnation']:06d}.{row['version']:012d}",
        **row["headers"],
    }
    return list(headers.items())


def purge_outbox(database: Database) -> Handler:
    """The periodic task that forgets published rows after their retention."""

    async def purge(_: Task) -> None:
        async with database.transaction() as tx:
            await tx.execute(_PURGE, before=datetime.now(UTC) - RETENTION)

    return purge
