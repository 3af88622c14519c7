"""Events of the outboxes, in Kafka."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from ops.audit.check import Check, Finding, Tally
from ops.audit.grants import READABLE
from ops.audit.seen import Seen
from ops.audit.stores import Stores
from ops.audit.topics import Topics
from services.chassis.database import Row, query

_UNPUBLISHED = query(
    """select event_id, topic, key, type, create_time from outbox
       where publish_time is null and event_id > %(after)s order by event_id limit %(count)s"""
)
_TOPICS = query("select distinct topic from outbox")
_PUBLISHED = query(
    """select event_id, topic, key, type, publish_time from outbox
       where topic = %(topic)s and publish_time > %(oldest)s and event_id > %(after)s
       order by event_id limit %(count)s"""
)
_MARGIN = timedelta(hours=1)
"""Of the broker's clock, and of whom it deletes first."""


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    async with Topics(stores.settings) as topics:
        for service in (name for name, tables in READABLE.items() if "outbox" in tables):
            async for rows in stores.pages(service, _UNPUBLISHED, "event_id"):
                for row in rows:
                    yield _finding(row, "was never published", row["create_time"])
            for named in await stores.all(service, _TOPICS):
                async for finding in _missing(stores, topics, service, named["topic"], tally):
                    yield finding


async def _missing(stores: Stores, topics: Topics, service: str, topic: str, tally: Tally) -> AsyncIterator[Finding]:
    """Rows that say published, while the topic, which still would have it, does not."""
    kept = await topics.kept(topic)
    if kept is None:
        yield Finding(topic, f"is no topic, and {service} publishes to it")
        return
    now = datetime.now(UTC)
    oldest = now - kept + _MARGIN
    with Seen() as seen:
        async for found in topics.event_ids(topic, stores.since):
            seen.add(found)
            tally.saw(0)
        async for rows in stores.pages(service, _PUBLISHED, "event_id", topic=topic, oldest=oldest):
            tally.saw(len(rows))
            missing = seen.missing([str(row["event_id"]) for row in rows])
            for row in rows:
                # What is published while the topic is being read may lie behind where it ended.
                if str(row["event_id"]) in missing and row["publish_time"] < now:
                    yield _finding(row, f"is not in {topic}", row["publish_time"])


def _finding(row: Row, what: str, since: datetime) -> Finding:
    return Finding(str(row["event_id"]), f"{row['type'].rpartition('.')[2]} of {row['key']} {what}", since)


CHECK = Check("events_published", "each event of an outbox is in Kafka, while Kafka keeps it", _look)
