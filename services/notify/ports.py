"""What notify's use cases need of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.notify.domain.deliveries import Attachment, Delivery, DeliveryState, Message


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries to list; ``after`` is create time and id of the last one of the page before."""

    subject_id: str = ""
    states: Sequence[DeliveryState] = ()
    after: tuple[datetime, str] | None = None


class Deliveries(Protocol):
    """Deliveries. ``locked`` needs an open transaction."""

    async def add(self, delivery: Delivery) -> bool:
        """Store a new delivery and the task that sends it; False where its Message-ID is known."""

    async def locked(self, delivery_id: str) -> Delivery | None:
        """The delivery, locked until the transaction ends."""

    async def save(self, delivery: Delivery) -> None:
        """Overwrite state, attempts, error and send time."""

    async def list(self, wanted: Filter, count: int) -> list[Delivery]:
        """At most ``count`` deliveries, the newest first."""

    async def purge(self, before: datetime) -> int:
        """Delete finished deliveries that were decided before; how many."""


class Mails(Protocol):
    """The mail server."""

    async def send(self, delivery: Delivery, attachments: Sequence[Attachment]) -> None:
        """Hand it over. Refused, Postponed; any other error leaves open whether it was taken."""


class Attachments(Protocol):
    """Files that go along with messages: too large for an event, so they are fetched."""

    async def of(self, message: Message) -> Sequence[Attachment]:
        """The same bytes every time; none where the message has none. Postponed where they are not to be had now."""


class Alarms(Protocol):
    """Facts that a person should know."""

    def possible_duplicate(self, delivery: Delivery) -> None: ...

    def refused(self, delivery: Delivery) -> None: ...
