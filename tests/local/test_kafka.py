"""The files of Kafka's nodes."""

from dataclasses import replace

import pytest

from deploy.local.components.kafka import cluster_id, places, refuse_other_number, write_configuration
from deploy.local.errors import StackError
from deploy.local.installation import Installation


def test_three_nodes_keep_everything_thrice_and_ask_two(installation: Installation) -> None:
    three = replace(installation, overrides={"KAFKA_BROKERS": "3"})
    folder = three.folder("kafka-2")
    write_configuration(folder, 2, places(three))
    lines = (folder / "server.properties").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    assert settings["node.id"] == "2"
    assert len(settings["controller.quorum.voters"].split(",")) == 3
    replicas = {value for name, value in settings.items() if name.endswith("replication.factor")}
    in_sync = {value for name, value in settings.items() if name.endswith(("min.isr", "min.insync.replicas"))}
    assert (replicas, in_sync) == ({"3"}, {"2"})


def test_nodes_are_of_one_cluster(installation: Installation) -> None:
    assert cluster_id(installation) == cluster_id(installation)


def test_data_made_by_another_number_of_brokers_is_not_taken(installation: Installation) -> None:
    folder = installation.folder("kafka")
    refuse_other_number(folder, 3, formatted=False)
    refuse_other_number(folder, 3, formatted=True)
    with pytest.raises(StackError, match="make reset"):
        refuse_other_number(folder, 1, formatted=True)


def test_data_made_before_there_was_a_choice_is_of_one_broker(installation: Installation) -> None:
    folder = installation.folder("kafka")
    with pytest.raises(StackError, match="made with 1"):
        refuse_other_number(folder, 3, formatted=True)


def test_a_second_listener_names_its_own_address_to_clients(installation: Installation) -> None:
    folder = installation.folder("kafka")
    write_configuration(folder, 1, places(installation), "10.9.8.1:8098")
    lines = (folder / "server.properties").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    own = installation.address("kafka")
    assert settings["advertised.listeners"] == f"PLAINTEXT://{own},ALSO://10.9.8.1:8098"
    assert settings["listeners"].startswith(settings["advertised.listeners"])
    assert settings["inter.broker.listener.name"] == "PLAINTEXT"
