"""Events as consumers see them: a typed message in its envelope. Source: CloudEvents 1.0, Kafka binding, binary mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from google.protobuf.message import Message

M = TypeVar("M", bound=Message, covariant=True)


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it came from Kafka, or out of the parked rows: ``topic`` is without the installation's prefix."""

    topic: str
    key: str
    headers: Mapping[str, str]
    payload: bytes

    @property
    def id(self) -> UUID:
        return UUID(self.headers["ce_id"])

    @property
    def type(self) -> str:
        return self.headers.get("ce_type", "")

    @property
    def traceparent(self) -> str:
        return self.headers.get("traceparent", "")


@dataclass(frozen=True, slots=True)
class Event(Generic[M]):
    """An event. ``sequence`` is text that sorts as the aggregate's history: incarnation, then version."""

    id: UUID
    type: str
    subject: str
    time: datetime
    sequence: str
    traceparent: str
    data: M


def event_of(record: Record, message: type[Message]) -> Event[Any]:
    """Parses a record; DecodeError or KeyError where it is malformed."""
    return Event(
        id=record.id,
        type=record.type,
        subject=record.headers.get("ce_subject", record.key),
        time=datetime.fromisoformat(record.headers["ce_time"]).astimezone(UTC),
        sequence=record.headers["ce_sequence"],
        traceparent=record.traceparent,
        data=message.FromString(record.payload),
    )
