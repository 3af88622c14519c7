"""How far the provider's list of events was read: what no notice told is found in it, however long we were away.

The list is read backwards in time, page by page. Where a sweep stands is stored after each page, so that no length of
the list and no crash makes one begin again for ever.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=10)
"""How far the provider's clock and ours may differ, and how late an event may show in the list."""

EVENTS_KEPT = timedelta(days=30)
"""Source: docs.stripe.com/api/events."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Everything that happened before `read_until` is known.

    A sweep under way began at `begin_time` and has read down to the event `after` (empty: none yet).
    """

    read_until: datetime
    begin_time: datetime | None = None
    after: str = ""

    @property
    def since(self) -> datetime:
        """The oldest moment that this sweep asks for."""
        return self.read_until - OVERLAP

    def begun(self, now: datetime) -> "Sweep":
        """Under way: as it was, or from the newest event on."""
        return self if self.begin_time else replace(self, begin_time=now)

    def read(self, after: str) -> "Sweep":
        """With one more page read, which ended with this event."""
        return replace(self, after=after)

    def done(self) -> "Sweep":
        """With the last page read: what happens from now on is the next sweep's."""
        return Sweep(self.begin_time or self.read_until)

    def anew(self) -> "Sweep":
        """Given up: the next one reads everything again."""
        return Sweep(self.read_until)

    def misses_something(self, now: datetime) -> bool:
        """Whether events may be gone that were never read."""
        return self.read_until < now - EVENTS_KEPT
