"""Published events, in the inboxes of those who handle them."""

from collections.abc import AsyncIterator

from ops.audit.check import Check, Finding, Tally
from ops.audit.groups import GROUPS, Group
from ops.audit.stores import Stores
from services.chassis.database import Row, query

_PUBLISHED = query(
    """select event_id, topic, key, type, publish_time from outbox
       where publish_time is not null and type = any(%(types)s) and topic = any(%(topics)s) and event_id > %(after)s
       order by event_id limit %(count)s"""
)
_KNOWN = query(
    """select event_id from inbox where consumer_group = %(group)s and event_id = any(%(ids)s)
       union select event_id from parked where consumer_group = %(group)s and event_id = any(%(ids)s)"""
)


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    for producer in sorted({group.producer for group in GROUPS}):
        groups = [group for group in GROUPS if group.producer == producer]
        types = sorted({each for group in groups for each in group.types})
        topics = sorted({group.topic for group in groups})
        async for rows in stores.pages(producer, _PUBLISHED, "event_id", types=types, topics=topics):
            tally.saw(len(rows))
            for group in groups:
                async for finding in _unhandled(stores, group, rows):
                    yield finding


async def _unhandled(stores: Stores, group: Group, rows: list[Row]) -> AsyncIterator[Finding]:
    mine = [row for row in rows if row["type"] in group.types]
    event_ids = [row["event_id"] for row in mine]
    found = await stores.all(group.consumer, _KNOWN, group=group.name, ids=event_ids) if mine else []
    known = {row["event_id"] for row in found}
    for row in mine:
        if row["event_id"] not in known:
            text = f"{row['type'].rpartition('.')[2]} of {row['key']} has not come to {group.name}"
            yield Finding(f"{row['event_id']} {group.name}", text, row["publish_time"])


CHECK = Check(
    "events_handled", "each published event was handled, or parked, by each group that handles its type", _look
)
