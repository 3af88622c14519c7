"""The stores and viewers of compose.yaml against what their images know."""

import base64
import re

import pytest

from tests.deploy.composed import OWN, SERVICE_NAMES, STORES, part, ports, with_defaults
from tests.deploy.official import IMAGES, KAFKA, Image, variable

OTHERS = tuple(name for name in SERVICE_NAMES if name not in OWN)


def official(name: str) -> Image:
    """What is known of the part's image."""
    return IMAGES[with_defaults(part(name)["image"]).rpartition(":")[0]]


def listeners(text: str) -> dict[str, tuple[str, int]]:
    """Kafka's way to write them: by name, the host, which may be empty, and the port."""
    found = re.findall(r"(\w+)://([\w.]*):(\d+)(?:,|$)", text)
    assert len(found) == text.count(",") + 1, text
    return {name: (host, int(port)) for name, host, port in found}


@pytest.mark.parametrize("name", OTHERS)
def test_an_image_knows_each_variable_that_it_is_given(name: str) -> None:
    assert not set(part(name).get("environment", {})) - official(name).variables


@pytest.mark.parametrize("name", OTHERS)
def test_an_image_serves_at_the_ports_that_are_published_and_that_settings_name(name: str) -> None:
    assert STORES[name] in official(name).ports
    assert {int(port) for port in ports(name)} <= official(name).ports


def test_names_of_kafkas_properties_need_no_escape_in_a_variable() -> None:
    assert variable("log.dirs") == "KAFKA_LOG_DIRS"
    assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)*", name) for name in KAFKA.split())


def test_kafka_is_found_under_the_address_that_it_tells_its_clients() -> None:
    given = part("kafka")["environment"]
    told, served = listeners(given["KAFKA_ADVERTISED_LISTENERS"]), listeners(given["KAFKA_LISTENERS"])
    assert told == {"PLAINTEXT": ("kafka", STORES["kafka"])}
    assert served["PLAINTEXT"] == ("", STORES["kafka"])


def test_kafka_votes_at_the_port_where_it_serves_its_votes() -> None:
    given = part("kafka")["environment"]
    _, port = listeners(given["KAFKA_LISTENERS"])[given["KAFKA_CONTROLLER_LISTENER_NAMES"]]
    assert given["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"{given['KAFKA_NODE_ID']}@kafka:{port}"
    kinds = dict(each.split(":") for each in given["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(kinds) == set(listeners(given["KAFKA_LISTENERS"]))


def test_kafka_keeps_its_records_on_its_volume() -> None:
    assert part("kafka")["volumes"] == [f"kafka-data:{part('kafka')['environment']['KAFKA_LOG_DIRS']}"]


def test_the_number_of_the_kafka_cluster_is_one() -> None:
    """It refuses to start with any other than 16 bytes."""
    number = part("kafka")["environment"]["CLUSTER_ID"]
    assert len(base64.urlsafe_b64decode(f"{number}==")) == 16
