"""Alarms: an error in the log, and a counter that a rule watches."""

import structlog

from services.chassis import telemetry

log = structlog.get_logger()


class LoggedAlarms:
    """The port ``Alarms``."""

    def __init__(self) -> None:
        self._count = telemetry.meter().create_counter(
            "shopmesh_order_alarms", description="Orders that a person has to look at, by kind."
        )

    def raise_alarm(self, kind: str, **about: str) -> None:
        """Calls a person; `about` names ids only."""
        self._count.add(1, {"kind": kind})
        log.error("order_alarm", kind=kind, alarm=True, **about)
