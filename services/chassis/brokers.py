"""What Kafka says of itself: a client that has nothing to do would not notice that the broker or a topic is away."""

from confluent_kafka import Consumer, KafkaException, Producer

CHECK_SECONDS = 3.0
ANSWER_SECONDS = 2.0
UNANSWERED_SECONDS = 10.0
"""A client that hears nothing for so long gives way to a new one, in case it is the client and not the broker: librdkafka
since 2.13 forgets all brokers when one that is just starting names none, and never asks again (its issue 5301)."""


def topics(client: Consumer | Producer) -> frozenset[str] | None:
    """The topics that there are, None where no broker answers. Blocks: call it in a thread."""
    try:
        return frozenset(client.list_topics(timeout=ANSWER_SECONDS).topics)
    except KafkaException:
        return None
