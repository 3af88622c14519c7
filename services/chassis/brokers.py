"""Whether Kafka answers: a client that has nothing to do would not notice that it is away."""

from confluent_kafka import Consumer, KafkaException, Producer

CHECK_SECONDS = 3.0
ANSWER_SECONDS = 2.0


def answers(client: Consumer | Producer) -> bool:
    """Asks a broker for its metadata, in the calling thread."""
    try:
        client.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException:
        return False
    return True
