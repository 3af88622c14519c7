"""The deadline of the present call, so that a call made on its behalf never outlives it."""

import time
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def enter(seconds: float) -> None:
    """Sets the deadline of the present call, from now."""
    _deadline.set(time.monotonic() + seconds)


def remaining(at_most: float) -> float:
    """Seconds that a call made now may take: ``at_most``, or what is left of ours."""
    deadline = _deadline.get()
    if deadline is None:
        return at_most
    return max(0.001, min(at_most, deadline - time.monotonic()))
