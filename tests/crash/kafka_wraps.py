"""Kafka's clients, watched: a producer's transactions with an event of the order, and offsets behind such an event."""

from collections.abc import Callable
from typing import Any

import confluent_kafka

from tests.crash.watch import Watch


def watched_producer(watch: Watch) -> type[confluent_kafka.Producer]:
    """The class to use instead."""

    class Producer(confluent_kafka.Producer):
        mine = False

        def produce(self, topic: str, **message: Any) -> None:  # type: ignore[override] # as the relay calls it
            call: Any = super().produce
            if not watch.mine(message):
                call(topic, **message)
                return
            self.mine = True
            headers = dict(message["headers"])
            watch.learn(headers["ce_id"])
            _now(watch, "produce", headers["ce_type"], lambda: call(topic, **message))

        def flush(self, *args: Any) -> Any:
            call = super().flush
            return _now(watch, "flush", "producer", lambda: call(*args)) if self.mine else call(*args)

        def commit_transaction(self, *args: Any) -> None:
            call, mine, self.mine = super().commit_transaction, self.mine, False
            _now(watch, "commit_transaction", "producer", lambda: call(*args)) if mine else call(*args)

    return Producer


def watched_consumer(watch: Watch, service: str) -> type[confluent_kafka.Consumer]:
    """The class to use instead. A member with a name of its own is followed at once by the next of that name; the
    group would wait for the end of a nameless one."""

    class Consumer(confluent_kafka.Consumer):
        def __init__(self, config: dict[str, Any]) -> None:
            self.group, self.mine = config["group.id"], set[str]()
            super().__init__(config | {"group.instance.id": f"{service}-{self.group}"})

        def poll(self, *args: Any) -> Any:
            message = super().poll(*args)
            self._look([message] if message is not None else [])
            return message

        def consume(self, *args: Any) -> Any:
            return self._look(super().consume(*args))

        def _look(self, messages: list[Any]) -> list[Any]:
            for message in messages:
                if message.error() is None and watch.mine(message.headers(), message.key()):
                    headers = dict(message.headers())
                    watch.learn(message.key().decode(), headers["ce_id"].decode())
                    self.mine.add(headers["ce_type"].decode().rpartition(".")[2])
            return messages

        def commit(self, **how: Any) -> Any:
            call, mine, self.mine = super().commit, self.mine, set()
            name = f"{self.group} behind {', '.join(sorted(mine))}"
            return _now(watch, "offsets", name, lambda: call(**how)) if mine else call(**how)

    return Consumer


def _now(watch: Watch, kind: str, what: str, call: Callable[[], Any]) -> Any:
    """A blocking call, watched."""
    point = watch.before(kind, what)
    answer = call()
    watch.after(point)
    return answer
