"""Whether a Kafka broker does its work: one idempotent write, and one read by a group."""

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.local.readiness import NotReadyError

PROBE = "stack-probe"


def probe(address: str, brokers: int = 1) -> None:
    """Raise NotReadyError unless the broker takes a message and hands it to a group."""
    try:
        write_and_read(address, brokers)
    except KafkaException as error:
        raise NotReadyError(str(error)) from error


def write_and_read(address: str, brokers: int) -> None:
    settings: dict[str, str | int | float | bool] = {"bootstrap.servers": address, "log_level": 0}
    admin = AdminClient(settings)
    if PROBE not in admin.list_topics(timeout=2).topics:
        admin.create_topics([NewTopic(PROBE, 1, brokers)])[PROBE].result(5)
    producer = Producer({**settings, "enable.idempotence": True, "message.timeout.ms": 5000})
    producer.produce(PROBE, b"ready")
    if producer.flush(5):
        raise KafkaException("a message wasn't taken in 5 s")
    read_probe(Consumer({**settings, "group.id": PROBE, "auto.offset.reset": "earliest", "log_level": 0}))


def read_probe(consumer: Consumer) -> None:
    consumer.subscribe([PROBE])
    try:
        if consumer.poll(10) is None:
            raise KafkaException("a group got no message in 10 s")
    finally:
        consumer.close()
