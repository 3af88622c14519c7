"""What the official images of the stores and viewers know, as their makers' documentation has it: variables and ports."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """An image that is not ours: the variables that it reads, and the ports at which it serves."""

    variables: frozenset[str]
    ports: frozenset[int]


def image(variables: str, *ports: int, by_file: Iterable[str] = ()) -> Image:
    """Those in ``by_file`` may also name a file that holds the value."""
    return Image(frozenset(variables.split()) | {f"{name}_FILE" for name in by_file}, frozenset(ports))


def variable(name: str) -> str:
    """The variable by which the image of Kafka takes a property of the broker."""
    return "KAFKA_" + name.replace(".", "_").upper()


KAFKA = """
    advertised.listeners auto.create.topics.enable broker.heartbeat.interval.ms broker.rack broker.session.timeout.ms
    compression.type controlled.shutdown.enable controller.listener.names controller.quorum.bootstrap.servers
    controller.quorum.voters default.replication.factor delete.topic.enable group.initial.rebalance.delay.ms
    group.max.session.timeout.ms group.min.session.timeout.ms inter.broker.listener.name
    listener.security.protocol.map listeners log.cleaner.enable log.cleanup.policy log.dir log.dirs
    log.flush.interval.messages log.flush.interval.ms log.retention.bytes log.retention.check.interval.ms
    log.retention.hours log.retention.minutes log.retention.ms log.segment.bytes message.max.bytes metadata.log.dir
    min.insync.replicas node.id num.io.threads num.network.threads num.partitions num.recovery.threads.per.data.dir
    offsets.retention.minutes offsets.topic.num.partitions offsets.topic.replication.factor process.roles
    replica.fetch.max.bytes share.coordinator.state.topic.min.isr share.coordinator.state.topic.num.partitions
    share.coordinator.state.topic.replication.factor transaction.max.timeout.ms
    transaction.state.log.min.isr transaction.state.log.num.partitions transaction.state.log.replication.factor
    transactional.id.expiration.ms unclean.leader.election.enable
"""
"""Properties of a broker: https://kafka.apache.org/documentation/#brokerconfigs."""

IMAGES = {
    "docker.io/library/postgres": image(
        "POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS POSTGRES_INITDB_WALDIR"
        " POSTGRES_HOST_AUTH_METHOD PGDATA",
        5432,
        by_file=("POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_INITDB_ARGS"),
    ),
    "docker.io/library/mongo": image(
        "MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD MONGO_INITDB_DATABASE",
        27017,
        by_file=("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD"),
    ),
    "docker.io/valkey/valkey": image("VALKEY_EXTRA_FLAGS", 6379),
    "docker.io/apache/kafka": image(
        " ".join(["CLUSTER_ID KAFKA_HEAP_OPTS KAFKA_OPTS KAFKA_JMX_PORT", *map(variable, KAFKA.split())]), 9092
    ),
    "docker.io/axllent/mailpit": image(
        "MP_DATABASE MP_MAX_MESSAGES MP_SMTP_BIND_ADDR MP_UI_BIND_ADDR MP_SMTP_AUTH_ACCEPT_ANY MP_WEBROOT", 1025, 8025
    ),
    "docker.io/jaegertracing/jaeger": image("JAEGER_LISTEN_HOST", 4317, 4318, 16686),
}
"""By name, without the tag."""
