"""What the owner reads."""

import os
import time
from dataclasses import replace

from deploy.local import summary
from deploy.local.components import COMPONENTS
from deploy.local.demo import by_service
from deploy.local.installation import Installation
from deploy.local.supervisor import ProcessState


def test_needs_name_what_will_be_fetched_and_its_size(installation: Installation) -> None:
    valkey = [part for part in COMPONENTS if part.name == "valkey"]
    assert summary.needs(valkey, installation).startswith("to fetch: 2 MB (valkey); disk: about 306 MB")


def test_the_welcome_shows_addresses_and_both_log_ins(installation: Installation) -> None:
    text = summary.welcome(installation)
    assert f"http://{installation.address('edge')}/docs" in text
    assert "customer's log-in" in text
    assert "staff's log-in" in text


def test_the_welcome_names_no_part_that_is_not_started(installation: Installation) -> None:
    own = {"SMTP_URL": "smtp://mail.example", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4317"}
    text = summary.welcome(replace(installation, overrides=own))
    assert installation.address("mail") not in text
    assert installation.address("traces") not in text


def test_status_has_a_row_for_every_part_that_the_stack_has_and_a_total(installation: Installation) -> None:
    states = {"kafka": ProcessState("kafka", "FATAL", 0, 0)}
    lines = summary.status(COMPONENTS, states, installation, supervisor=os.getpid()).splitlines()
    wanted = [part for part in COMPONENTS if part.wanted(installation)]
    assert len(lines) == len(wanted) + 3
    assert any(line.split()[:2] == ["kafka", "fatal"] for line in lines)
    assert lines[-2].split()[:2] == ["supervisor", "running"]
    assert int(lines[-1].split()[1]) > 0, "the supervisor counts"


def test_uptime_is_short() -> None:
    assert summary.since(int(time.time()) - 245) == "4m05s"
    assert summary.since(int(time.time()) - 7380) == "2h03m"


def test_a_trace_is_summed_up_by_service_in_the_order_of_their_first_span() -> None:
    def span(service: str, timestamp: int, duration: int) -> dict[str, object]:
        return {"localEndpoint": {"serviceName": service}, "timestamp": timestamp, "duration": duration, "name": "call"}

    rows = by_service([span("order", 3000, 500), span("edge", 1000, 9000), span("order", 5000, 700)]).splitlines()
    assert [row.split() for row in rows[1:]] == [
        ["edge", "1", "0", "ms", "call", "9.0", "ms"],
        ["order", "2", "2", "ms", "call", "0.7", "ms"],
    ]
