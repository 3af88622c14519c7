"""What the doctor says to a user of Kafka who may not do all: each right is given in turn, until all is well."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka.admin import AclOperation, NewTopic, ResourceType  # type: ignore[attr-defined]

from deploy.local.stack import Stack
from services.chassis import look_kafka
from services.chassis.doctor import Away, Unusable
from services.chassis.look_kafka import Use
from tests.chassis.guarded import GUEST, PASSWORD, Guarded, guarded_kafka

pytestmark = pytest.mark.stack
PREFIX = "shop."
USE = Use(("made", "new"), ("read",), ("group",), "relay.shop")
TOPIC, GROUP, ID = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID


@pytest.fixture(scope="module")
def guarded(stack: Stack, kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded_kafka(stack.installation, tmp_path_factory.mktemp("kafka")) as running:
        for answer in running.admin.create_topics(
            [NewTopic(PREFIX + name, 1, 1) for name in ("made", "read")]
        ).values():
            answer.result(10)
        yield running


def look(guarded: Guarded, password: str = PASSWORD) -> str:
    sasl = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": GUEST}
    client = {"bootstrap.servers": guarded.address, **sasl, "sasl.password": password}
    own: Any = SimpleNamespace(
        kafka_client=client, kafka_replication_factor=1, kafka_security_protocol="SASL_PLAINTEXT"
    )
    return look_kafka.kafka(own, PREFIX, USE)


def lacking(guarded: Guarded) -> list[str]:
    with pytest.raises(Unusable) as refused:
        look(guarded)
    assert not isinstance(refused.value, Away)
    return str(refused.value).removeprefix("its user lacks ").partition(": see")[0].split("; ")


def test_a_wrong_password_is_said_and_not_waited_for(guarded: Guarded) -> None:
    with pytest.raises(Unusable, match=r"Authentication failed.*check SHOPMESH_KAFKA") as refused:
        look(guarded, "wrong")
    assert not isinstance(refused.value, Away)


def test_each_right_that_is_lacking_is_named_and_with_all_of_them_all_is_well(guarded: Guarded) -> None:
    said = lacking(guarded)
    assert sorted(each.rpartition(" on ")[2] for each in said) == [
        "the group shop.group", "the topic shop.made", "the topic shop.new", "the topic shop.read",
        "transactional ids shop.relay.shop.doctor",
    ]  # fmt: skip
    guarded.allow(TOPIC, PREFIX, AclOperation.DESCRIBE)
    assert "READ on the topic shop.read" in lacking(guarded)
    assert "ALTER_CONFIGS, WRITE on the topic shop.made" in lacking(guarded)
    assert "CREATE on the topic shop.new" in lacking(guarded)
    guarded.allow(TOPIC, PREFIX, AclOperation.READ, AclOperation.WRITE, AclOperation.ALTER_CONFIGS, AclOperation.CREATE)
    guarded.allow(GROUP, PREFIX, AclOperation.DESCRIBE)
    assert "WRITE on transactional ids shop.relay.shop.doctor" in lacking(guarded)
    guarded.allow(ID, PREFIX, AclOperation.WRITE, AclOperation.DESCRIBE)
    guarded.allow(GROUP, PREFIX, AclOperation.READ)
    assert "topics, groups and transactions are allowed" in look(guarded)
    assert f"{PREFIX}new" not in guarded.admin.list_topics(timeout=5).topics
