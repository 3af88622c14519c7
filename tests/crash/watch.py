"""Inside a watched process: which calls belong to the order, their numbers, and the kill."""

import os
import signal
import threading
from collections import Counter
from typing import Any, NoReturn

from services.chassis import telemetry
from tests.crash.control import Control, Orders
from tests.crash.points import AFTER, BEFORE, Point


class Watch:
    """One per process; called from its event loop and from its Kafka threads."""

    def __init__(self, service: str, control: Control) -> None:
        self._service = service
        self._control = control
        self._stamp = -1
        self._orders = Orders()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._learned: set[str] = set()
        self._lock = threading.Lock()

    def mine(self, *things: Any) -> bool:
        """Whether the present call is about the order: by its trace, or because these name it."""
        self._refresh()
        trace = self._orders.trace
        if not trace:
            return False
        if telemetry.current_trace_id() == trace:
            return True
        text = repr(things)
        return trace in text or any(mark in text for mark in (*self._orders.marks, *self._learned))

    def learn(self, *marks: str) -> None:
        """From now on what names these is about the order too: an event's id, an aggregate's key."""
        self._learned.update(marks)

    def before(self, kind: str, what: str) -> Point:
        """Counts and records the call that follows, and dies here where that is asked for."""
        with self._lock:
            self._counts[kind, what] += 1
            point = Point(self._service, kind, what, self._counts[kind, what])
        self._control.record(point.json())
        self._perhaps_die(point, BEFORE)
        return point

    def after(self, point: Point) -> None:
        """The call came back; dies here where that is asked for."""
        self._perhaps_die(point, AFTER)

    def _perhaps_die(self, point: Point, side: str) -> None:
        kill = self._orders.kill
        if kill and kill.side == side and kill.point == point and self._control.disarm():
            die()

    def _refresh(self) -> None:
        stamp = self._control.stamp()
        if stamp == self._stamp:
            return
        orders = self._control.read()
        if orders.trace != self._orders.trace:
            self._counts.clear()
            self._learned.clear()
        self._orders, self._stamp = orders, stamp


def die() -> NoReturn:
    """As a machine does: without a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
    raise AssertionError("SIGKILL came back")
