"""What a service asks of Kafka before it is served: by its own names, and nothing is made, written or read there.

Of a topic or group that is there Kafka says what its user may do; a topic that is not is asked for "as if". Only the right
to a transactional id has to be tried: with an id of the doctor's own, because a relay's would end the relay that uses it.
Sources: KIP-430 (authorized operations), KIP-4 (validate_only).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient, NewTopic  # type: ignore[attr-defined]

from services.chassis.doctor import Away, Unusable
from services.chassis.settings import KafkaSettings

ANSWER_SECONDS = 10.0
_DENIED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
_NOT_THERE = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_ALREADY_EXISTS,  # somebody made it between two questions
    KafkaError.GROUP_ID_NOT_FOUND,
}
_REFUSED = {KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError.SASL_AUTHENTICATION_FAILED}
_MADE = {AclOperation.DESCRIBE, AclOperation.WRITE, AclOperation.ALTER_CONFIGS}
_READ = {AclOperation.DESCRIBE, AclOperation.READ}


@dataclass(frozen=True, slots=True)
class Use:
    """What a service does with Kafka; names are without the installation's prefix."""

    made: tuple[str, ...] = ()
    """Topics that it makes and writes to."""
    read: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    transactional_id: str = ""


def kafka(settings: KafkaSettings, prefix: str, use: Use) -> str:
    """Asks for each right that the service needs. Blocks: call it in a thread."""
    said: list[KafkaError] = []
    client = settings.kafka_client | {"log_level": 0, "error_cb": said.append}
    admin = AdminClient(client)
    try:
        brokers = len(admin.list_topics(timeout=ANSWER_SECONDS).brokers)
        if brokers < settings.kafka_replication_factor:
            wanted = f"SHOPMESH_KAFKA_REPLICATION_FACTOR={settings.kafka_replication_factor}"
            raise Away(f"{brokers} broker(s) cannot keep what {wanted} asks for")
        lacking = [*_lacking_topics(admin, settings, prefix, use), *_lacking_groups(admin, prefix, use.groups)]
        if use.transactional_id:
            lacking += _lacking_id(client, f"{prefix}{use.transactional_id}.doctor")
    except KafkaException as error:
        admin.poll(0)  # why a connection failed is told to the callback alone
        raise _refusal(said, error) from error
    if lacking:
        raise Unusable(f"its user lacks {'; '.join(lacking)}: see the list of rights in docs/operating.md")
    return f"{brokers} broker(s) by {settings.kafka_security_protocol}; topics, groups and transactions are allowed"


def _refusal(said: list[KafkaError], error: KafkaException) -> Unusable:
    causes = [*said, *(each for each in error.args[:1] if isinstance(each, KafkaError))]
    refused = [each for each in causes if each.code() in _REFUSED]
    why = (refused or causes)[0].str() if causes else str(error)
    kind = Unusable if refused else Away
    return kind(f"{why.rstrip('.')}: check SHOPMESH_KAFKA_*")


def _lacking_topics(admin: AdminClient, settings: KafkaSettings, prefix: str, use: Use) -> Iterator[str]:
    needed = dict.fromkeys((prefix + each for each in use.read), _READ)
    for name in (prefix + each for each in use.made):
        needed[name] = needed.get(name, set()) | _MADE
    if not needed:
        return
    asked = admin.describe_topics(
        TopicCollection(list(needed)), include_authorized_operations=True, request_timeout=ANSWER_SECONDS
    )
    absent = []
    for name, answer in asked.items():
        lacks, there = _lacking(answer, needed[name])
        if lacks:
            yield f"{lacks} on the topic {name}"
        elif not there and name.removeprefix(prefix) in use.made:
            absent.append(NewTopic(name, 1, settings.kafka_replication_factor))
    if absent:
        tried = admin.create_topics(absent, validate_only=True, request_timeout=ANSWER_SECONDS)
        yield from (f"CREATE on the topic {name}" for name, answer in tried.items() if _lacking(answer, set())[0])


def _lacking_groups(admin: AdminClient, prefix: str, groups: Iterable[str]) -> Iterator[str]:
    names = [prefix + each for each in groups]
    if not names:
        return
    asked = admin.describe_consumer_groups(names, include_authorized_operations=True, request_timeout=ANSWER_SECONDS)
    for name, answer in asked.items():
        if lacks := _lacking(answer, {AclOperation.READ})[0]:
            yield f"{lacks} on the group {name}"


def _lacking_id(client: dict[str, Any], name: str) -> list[str]:
    """The broker remembers the id for a week, as it does every one."""
    producer = Producer(client | {"transactional.id": name})
    return ["WRITE on transactional ids " + name] if _denied(lambda: producer.init_transactions(ANSWER_SECONDS)) else []


def _denied(call: Callable[[], Any]) -> bool:
    try:
        call()
    except KafkaException as error:
        if error.args[0].code() not in _DENIED:
            raise
        return True
    return False


def _lacking(answer: "Future[Any]", needed: set[AclOperation]) -> tuple[str, bool]:
    """The rights that are missing, as text, and whether the thing is there."""
    try:
        description = answer.result()
    except KafkaException as error:
        code = error.args[0].code()
        if code in _DENIED:
            return "every right", False
        if code in _NOT_THERE:
            return "", False
        raise
    allowed = getattr(description, "authorized_operations", None)
    if allowed is None:  # the broker does not say
        return "", True
    return ", ".join(sorted(each.name for each in needed - set(allowed))), True
