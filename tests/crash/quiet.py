"""Whether anything is still under way in the shop: events, tasks, messages behind a consumer, notices."""

import asyncio
from collections.abc import Iterator
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from deploy.local.databases import WITH_DATABASE
from tests.e2e.shop import Shop
from tests.waiting import eventually

WITHIN_S = 60.0
MARKERS = 1
"""What lies behind the last event of a partition: the broker's own record of the commit."""
# A failed step is tried again at once: timers are fired by setting due times, never by waiting.
HURRY = "update tasks set due_time = now() where lease_id is null and attempts > 0 and due_time > now() and key <> ''"
UNDER_WAY = """
select 'event ' || type || ' of ' || key as what from outbox where publish_time is null
union all
select 'task ' || kind || ' of ' || key from tasks
where key <> '' and (lease_id is not null or attempts > 0
    or due_time < now() + case when kind in ('abandon', 'deadline') then interval '0 s' else interval '60 s' end)
"""


class Quiet:
    """Asks the stores; `until` returns once they say that nothing is left to do."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._kafka = AdminClient({"bootstrap.servers": shop.stack.address("kafka")})
        self._prefix = shop.stack.installation.prefix
        self._groups: dict[str, set[str]] = {}

    async def until(self) -> None:
        """Returns once nothing is under way; AssertionError naming what still is."""
        left: list[str] = ["everything"]

        async def look() -> bool:
            left[:] = await self.under_way()
            return not left

        try:
            await eventually(look, "quiet", WITHIN_S)
        except AssertionError as error:
            raise AssertionError(f"not quiet after {WITHIN_S:.0f} s: {'; '.join(left[:5])}") from error

    async def under_way(self) -> list[str]:
        """What is left to do; the cheap questions first."""
        found = [each for name in WITH_DATABASE for each in await self._in_database(name)]
        return found or await self._notices() or await asyncio.to_thread(self._in_kafka)

    async def _in_database(self, service: str) -> list[str]:
        await self._shop.rows(service, HURRY)
        return [f"{service}: {row['what']}" for row in await self._shop.rows(service, UNDER_WAY)]

    async def _notices(self) -> list[str]:
        """What the provider still has to deliver."""
        waiting = [each for state in ("pending", "held") for each in await self._shop.stripe.deliveries(state=state)]
        return [f"notice {each['event_type']}" for each in waiting]

    def _in_kafka(self) -> list[str]:
        try:
            return list(self._behind())
        except KafkaException as error:  # what this client knew of the brokers may be old: it asks anew
            return [f"Kafka: {error}"]

    def _behind(self) -> Iterator[str]:
        """Groups that have not committed behind the last event."""
        if not self._groups or not all(self._groups.values()):  # a group without members just has a rebalance
            self._groups = self._subscriptions()
        topics = self._kafka.list_topics(timeout=5).topics
        places = [TopicPartition(name, number) for name in self._known(topics) for number in topics[name].partitions]
        latest: Any = {place: OffsetSpec.latest() for place in places}  # type: ignore[no-untyped-call]
        asked = self._kafka.list_offsets(latest, isolation_level=IsolationLevel.READ_COMMITTED)
        ends = {(place.topic, place.partition): future.result().offset for place, future in asked.items()}
        for group, subscribed in self._groups.items():
            committed = self._committed(group)
            for (topic, number), end in ends.items():
                if topic in subscribed and end - committed.get((topic, number), 0) > MARKERS:
                    yield f"{group} is behind in {topic}/{number}"

    def _known(self, topics: Any) -> list[str]:
        """The topics that any group reads."""
        return [name for name in topics if any(name in subscribed for subscribed in self._groups.values())]

    def _subscriptions(self) -> dict[str, set[str]]:
        """The topics of each group of this installation, by what its members are assigned."""
        listed = self._kafka.list_consumer_groups().result().valid
        names = [each.group_id for each in listed if each.group_id.startswith(self._prefix)]
        described = {name: future.result() for name, future in self._kafka.describe_consumer_groups(names).items()}
        return {
            name: {place.topic for member in each.members for place in member.assignment.topic_partitions}
            for name, each in described.items()
        }

    def _committed(self, group: str) -> dict[tuple[str, int], int]:
        asked = self._kafka.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        found = asked[group].result().topic_partitions
        return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}
