"""Parked events in a real Valkey, and their copies in a real Kafka."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer
from redis.asyncio import Redis

from services.cart.adapters.dead_letters import KafkaDeadLetterCopies
from services.cart.adapters.effects import ValkeyEffects
from services.cart.use_cases import CartUseCases, Place
from services.chassis import ids
from services.chassis.effects import DeadLetters
from services.chassis.events import Record
from services.chassis.migrations import migrate_topics
from tests.cart.conftest import FakePrices, a_request

pytestmark = pytest.mark.stack
GROUP = "cart.orders"
LONG_ENOUGH_TO_TRY = 0.3
"""Seconds in which whoever need not wait would long be done."""


class Copies:
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, group: str, record: Record, error: str) -> None:
        self.sent.append(str(record.id))


class Handler:
    """Notes the events that it handles; fails while ``broken``."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.handled: list[str] = []

    async def __call__(self, record: Record) -> None:
        if self.broken:
            raise ValueError("poison")
        self.handled.append(str(record.id))


@pytest.fixture
def copies() -> Copies:
    return Copies()


@pytest.fixture
def effects(valkey: Redis, copies: Copies) -> ValkeyEffects:
    return ValkeyEffects(valkey, copies)


def a_record(key: str) -> Record:
    headers = {"ce_id": str(uuid4()), "ce_type": "shopmesh.order.v1.OrderConfirmed"}
    return Record("order-events", key, headers, b"\x00payload")


async def apply(effects: ValkeyEffects, record: Record, handler: Handler) -> None:
    await effects.apply(GROUP, record, lambda: handler(record))


async def test_events_of_a_parked_key_wait_in_order_and_other_keys_go_on(
    effects: ValkeyEffects, copies: Copies
) -> None:
    key, handler = ids.new("ord"), Handler()
    events = [a_record(key) for _ in range(3)]
    assert await effects.park(GROUP, events[0], "ValueError('poison')")
    for event in events[1:]:
        await apply(effects, event, handler)
    other = a_record(ids.new("ord"))
    await apply(effects, other, handler)
    assert handler.handled == [str(other.id)]
    parked = await effects.events(GROUP, key)
    assert [row["event_id"] for row in parked] == copies.sent == [str(event.id) for event in events]
    [listed] = [row for row in await effects.keys() if row["key"] == key]
    assert (listed["consumer_group"], listed["events"], listed["error"]) == (GROUP, 3, "ValueError('poison')")


async def test_a_replay_runs_the_parked_events_in_order_and_frees_the_key(effects: ValkeyEffects) -> None:
    key, handler = ids.new("ord"), Handler()
    events = [a_record(key) for _ in range(3)]
    for event in events:
        await effects.park(GROUP, event, "poison")
    while await effects.replay_first(GROUP, key, handler):
        pass
    assert handler.handled == [str(event.id) for event in events]
    assert key not in {row["key"] for row in await effects.keys()}
    last = a_record(key)
    await apply(effects, last, handler)
    assert handler.handled[-1] == str(last.id)


async def test_a_removal_whose_answer_is_lost_is_sent_again_and_takes_no_other_event(
    effects: ValkeyEffects, valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ids.new("ord")
    send: Any = valkey.execute_command
    first, second = a_record(key), a_record(key)

    async def twice(*command: Any, **options: Any) -> Any:
        if command[0] in ("LPOP", "LREM"):
            await send(*command, **options)
        return await send(*command, **options)

    async def handle(_: Record) -> None:
        pass

    monkeypatch.setattr(valkey, "execute_command", twice)
    for record in (first, second):
        await effects.park(GROUP, record, "boom")
    assert await effects.replay_first(GROUP, key, handle)
    assert {row["event_id"] for row in await effects.events(GROUP, key)} == {str(second.id)}


async def test_a_replay_that_fails_frees_nothing(effects: ValkeyEffects) -> None:
    key, record = ids.new("ord"), None
    record = a_record(key)
    await effects.park(GROUP, record, "poison")
    with pytest.raises(ValueError, match="poison"):
        await effects.replay_first(GROUP, key, Handler(broken=True))
    [row] = await effects.events(GROUP, key)
    assert row["event_id"] == str(record.id)


async def test_a_replay_that_dies_between_the_drop_and_its_removal_drops_once(
    effects: ValkeyEffects, carts: CartUseCases, prices: FakePrices
) -> None:
    place, variant_id = Place((await carts.create("anonymous", uuid4())).cart.id), prices.sell()
    await carts.add(place, a_request(), variant_id, 5)
    record = a_record(ids.new("ord"))
    await effects.park(GROUP, record, "poison")

    async def drop(parked: Record) -> None:
        await carts.drop(place.cart_id, parked.id, {variant_id: 2})

    async def drop_and_die(parked: Record) -> None:
        await drop(parked)
        raise ConnectionError("the process died")

    with pytest.raises(ConnectionError):
        await effects.replay_first(GROUP, record.key, drop_and_die)
    assert await effects.replay_first(GROUP, record.key, drop)
    assert await effects.events(GROUP, record.key) == []
    assert [line.quantity for line in (await carts.get(place)).cart.lines] == [3]


async def test_parking_again_keeps_an_event_once(effects: ValkeyEffects) -> None:
    record = a_record(ids.new("ord"))
    for _ in range(2):
        await effects.park(GROUP, record, "poison")
    assert len(await effects.events(GROUP, record.key)) == 1


async def test_an_event_waits_while_the_replayer_is_at_its_key(effects: ValkeyEffects) -> None:
    key, going, release = ids.new("ord"), asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def replayed(_: Record) -> None:
        going.set()
        await release.wait()
        order.append("replayer")

    async def consumed() -> None:
        order.append("consumer")

    await effects.park(GROUP, a_record(key), "poison")
    replayer = asyncio.create_task(effects.replay_first(GROUP, key, replayed))
    await going.wait()
    others = [
        asyncio.create_task(effects.apply(GROUP, a_record(key), consumed)),
        asyncio.create_task(effects.replay_first(GROUP, key, replayed)),
    ]
    done, _ = await asyncio.wait(others, timeout=LONG_ENOUGH_TO_TRY)
    assert not done
    release.set()
    await asyncio.gather(replayer, *others)
    assert order == ["replayer", "consumer"]
    assert await effects.events(GROUP, key) == []


async def test_the_copy_for_people_carries_error_and_origin(valkey: Redis, kafka: str, run_prefix: str) -> None:
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    topic = f"order-events.{GROUP}.dlq"
    migrate_topics(client, run_prefix, 1, {topic: {"partitions": 1, "retention_days": 30}})
    settings: Any = SimpleNamespace(prefix=run_prefix, kafka_client=client)
    effects = ValkeyEffects(valkey, KafkaDeadLetterCopies(settings))
    assert isinstance(effects, DeadLetters)
    record = a_record(ids.new("ord"))
    await effects.park(GROUP, record, "ValueError('poison')")
    copy = await asyncio.to_thread(_first, client, run_prefix + topic)
    headers = {name: value.decode() for name, value in copy.headers()}
    assert (copy.key().decode(), copy.value()) == (record.key, record.payload)
    assert headers == {**record.headers, "error": "ValueError('poison')", "origin": "order-events", "group": GROUP}


def _first(client: dict[str, Any], topic: str) -> Any:
    consumer = Consumer(client | {"group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        [message] = consumer.consume(1, 20)
        return message
    finally:
        consumer.close()
