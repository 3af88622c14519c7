"""Settings come from the environment, and a mistyped name is refused."""

import os

import pytest

from deploy.local.installation import without_settings
from services.chassis.settings import ChassisSettings, KafkaSettings, load, unknown_names


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - without_settings(os.environ).keys():
        monkeypatch.delenv(name)


def test_a_mistyped_name_is_named() -> None:
    environment = {"SHOPMESH_LOG_LEVEL": "INFO", "SHOPMESH_LOG_LEVLE": "INFO", "PATH": "/bin"}
    assert unknown_names(ChassisSettings, environment) == ["SHOPMESH_LOG_LEVLE"]


def test_a_wrong_value_ends_the_process_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPMESH_LOG_LEVEL", "LOUD")
    with pytest.raises(SystemExit, match="SHOPMESH_LOG_LEVEL"):
        load(ChassisSettings)


def test_a_currency_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPMESH_CURRENCY", "ERU")
    with pytest.raises(SystemExit, match="SHOPMESH_CURRENCY"):
        load(ChassisSettings)


def test_vendor_names_are_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")
    assert ChassisSettings().otlp_endpoint == "http://collector:4317"


def test_kafka_credentials_reach_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(KafkaSettings, ChassisSettings): ...

    monkeypatch.setenv("SHOPMESH_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("SHOPMESH_KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
    monkeypatch.setenv("SHOPMESH_KAFKA_SASL_USERNAME", "shop")
    monkeypatch.setenv("SHOPMESH_KAFKA_SASL_PASSWORD", "hidden")
    client = Settings().kafka_client
    assert client["sasl.password"] == "hidden"
    assert "hidden" not in repr(Settings())
