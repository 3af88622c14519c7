"""What the tests take for the services' metrics is what the exporter writes."""

from collections.abc import Iterator

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.telemetry.exported import Instrument, exported, instruments
from tests.telemetry import foreign


@pytest.fixture
def meter() -> Iterator[Meter]:
    provider = MeterProvider(metric_readers=[PrometheusMetricReader()])
    yield provider.get_meter("shopmesh")
    provider.shutdown()


def use(meter: Meter, instrument: Instrument) -> None:
    """Makes it as the service does, and counts something once."""
    labels = dict.fromkeys(instrument.labels, "x")
    match instrument.maker:
        case "create_gauge":
            meter.create_gauge(instrument.name).set(1, labels)
        case "create_observable_gauge":
            meter.create_observable_gauge(instrument.name, [lambda _: [Observation(1, labels)]])
        case "create_counter":
            meter.create_counter(instrument.name).add(1, labels)
        case "create_histogram":
            meter.create_histogram(instrument.name, unit="s").record(1, labels)


def test_names_and_labels_are_those_that_the_exporter_writes(meter: Meter) -> None:
    for each in instruments():
        use(meter, each)
    families = text_string_to_metric_families(generate_latest().decode())
    samples = [sample for family in families for sample in family.samples if sample.name.startswith("shopmesh_")]
    written = {each.name: {label for label in each.labels if not label.startswith("otel_")} for each in samples}
    assert written == exported()


def test_every_metric_of_the_code_is_found() -> None:
    assert len(exported()) > 15
    assert exported()["shopmesh_rpc_seconds_bucket"] == {"method", "code", "le"}
    assert exported()["shopmesh_dead_letters_total"] == {"group", "type"}


def test_every_service_tells_of_its_process_too() -> None:
    families = text_string_to_metric_families(generate_latest().decode())
    assert foreign.PROCESS.keys() <= {sample.name for family in families for sample in family.samples}
