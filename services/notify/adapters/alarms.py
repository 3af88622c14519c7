"""Facts that a person should know, as metrics and logs without addresses."""

import structlog

from services.chassis import telemetry
from services.notify.domain.deliveries import Delivery

log = structlog.get_logger()


class MetricAlarms:
    """The port ``Alarms``."""

    def __init__(self) -> None:
        meter = telemetry.meter()
        self._duplicates = meter.create_counter(
            "shopmesh_mail_possible_duplicates", description="Messages handed over again after an unknown outcome."
        )
        self._refused = meter.create_counter(
            "shopmesh_mail_refused", description="Messages that the mail server refuses for good."
        )

    def possible_duplicate(self, delivery: Delivery) -> None:
        """Count a message that may arrive twice, under one Message-ID."""
        self._duplicates.add(1, {"template": delivery.message.template})
        log.warning("mail_possible_duplicate", delivery_id=delivery.id, message_id=delivery.message_id)

    def refused(self, delivery: Delivery) -> None:
        """Count a message that nobody will get."""
        self._refused.add(1, {"template": delivery.message.template})
        log.error("mail_refused", delivery_id=delivery.id, message_id=delivery.message_id, alarm=True)
