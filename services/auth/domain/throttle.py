"""The limit on failed log-ins of one address."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``failures`` within ``window`` from the first of them."""

    failures: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed log-ins of one address since ``since``."""

    count: int
    since: datetime


def wait_of(failures: Failures | None, limit: Limit, now: datetime) -> timedelta:
    """How long the address must wait before its next attempt; zero where it need not."""
    if failures is None or failures.count < limit.failures:
        return timedelta()
    return max(timedelta(), failures.since + limit.window - now)


def with_another(failures: Failures | None, limit: Limit, now: datetime) -> Failures:
    """The record after one more failure; one whose window is over starts anew."""
    if failures is None or now >= failures.since + limit.window:
        return Failures(1, now)
    return Failures(failures.count + 1, failures.since)
