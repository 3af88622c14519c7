"""The variables a service is given."""

from dataclasses import replace

import pytest

from deploy.local.environment import (
    audit_environment,
    known_names,
    pick,
    prefix_file,
    service_environment,
    slips,
)
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES, Installation
from deploy.local.stack import Stack


def test_only_names_that_the_service_knows_are_passed() -> None:
    assert pick({"SHOPMESH_A": "1", "SHOPMESH_B": "2"}, frozenset({"SHOPMESH_B"})) == {"SHOPMESH_B": "2"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_listeners_and_certificate_and_nothing_it_would_refuse(
    service: str, installation: Installation
) -> None:
    environment = service_environment(service, installation)
    assert environment["SHOPMESH_PUBLIC_LISTEN"] == installation.address(service)
    assert environment["SHOPMESH_TLS_CERT_FILE"].endswith(f"/{service}.pem")
    assert environment.keys() <= known_names(service)


def test_the_owners_settings_win(installation: Installation) -> None:
    ours = replace(installation, overrides={"SHOPMESH_CURRENCY": "CHF"})
    assert service_environment("order", ours)["SHOPMESH_CURRENCY"] == "CHF"


def test_after_a_restore_topics_have_its_prefix_unless_the_owner_says_otherwise(installation: Installation) -> None:
    assert service_environment("order", installation)["SHOPMESH_PREFIX"] == ""
    installation.folder()
    prefix_file(installation).write_text("r2.")
    assert service_environment("order", installation)["SHOPMESH_PREFIX"] == "r2."
    assert audit_environment(installation)["SHOPMESH_PREFIX"] == "r2."
    owned = replace(installation, overrides={"SHOPMESH_PREFIX": "eu."})
    assert service_environment("order", owned)["SHOPMESH_PREFIX"] == "eu."


def test_with_real_stripe_keys_no_address_of_the_stand_in_is_passed(installation: Installation) -> None:
    real = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}
    environment = service_environment("payment", replace(installation, overrides=real))
    assert "STRIPE_API_BASE" not in environment
    assert environment["STRIPE_API_KEY"] == "sk_test_1"


def test_a_setting_that_no_service_knows_is_named(installation: Installation) -> None:
    slip = {"SHOPMESH_CURENCY": "EUR", "SHOPMESH_CURRENCY": "EUR"}
    assert list(slips(replace(installation, overrides=slip))) == ["SHOPMESH_CURENCY"]


@pytest.mark.parametrize(
    "name", ["POSTGRES_URL", "MONGODB_URI", "VALKEY_URL", "SMTP_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"]
)
def test_an_address_without_its_scheme_is_named(installation: Installation, name: str) -> None:
    assert list(slips(replace(installation, overrides={name: "db.example:5432"}))) == [name]


def test_a_part_of_stripes_settings_names_the_others(installation: Installation) -> None:
    part = replace(installation, overrides={"STRIPE_API_KEY": "sk_test_1"})
    assert list(slips(part)) == ["STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRETS"]
    with pytest.raises(StackError, match="STRIPE_WEBHOOK_SECRETS: missing beside STRIPE_API_KEY"):
        Stack(part).up()


@pytest.mark.parametrize("brokers", ["2", "three", "5"])
def test_a_number_of_brokers_that_is_not_offered_is_named(installation: Installation, brokers: str) -> None:
    assert list(slips(replace(installation, overrides={"KAFKA_BROKERS": brokers}))) == ["KAFKA_BROKERS"]


def test_with_three_brokers_services_know_all_and_keep_each_topic_on_all(installation: Installation) -> None:
    three = replace(installation, overrides={"KAFKA_BROKERS": "3"})
    environment = service_environment("order", three)
    assert len(environment["SHOPMESH_KAFKA_BOOTSTRAP_SERVERS"].split(",")) == 3
    assert environment["SHOPMESH_KAFKA_REPLICATION_FACTOR"] == "3"
    assert {name for name in Stack(three).components if name.startswith("kafka")} == {"kafka", "kafka-2", "kafka-3"}
    assert "kafka-2" not in Stack(installation).components
