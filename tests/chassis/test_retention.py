"""What is kept for a time goes when that is over, and not before."""

from datetime import timedelta
from uuid import UUID

import pytest
from shopmesh.catalog.v1.category_pb2 import Category

from services.chassis import ids
from services.chassis.database import Database, Query, query
from services.chassis.effects import KEPT, PostgresEffects
from services.chassis.outbox import RETENTION, purge_outbox
from services.chassis.requests import PostgresRequests
from services.chassis.tasks import Task
from tests.chassis.conftest import Effects
from tests.chassis.messaging import publish
from tests.chassis.test_effects import apply, record
from tests.chassis.test_requests import key

pytestmark = pytest.mark.stack
PURGE = Task("purge", "", {})
MINUTE = timedelta(minutes=1)
PUBLISHED = query("update outbox set publish_time = now() - %(age)s where event_id = %(id)s")
CREATED = query("update outbox set create_time = now() - %(age)s where event_id = %(id)s")
EVENTS = query("select event_id from outbox where key = %(key)s")
SEEN = query("update inbox set create_time = now() - %(age)s where event_id = %(id)s")
PARKED = query("update parked set create_time = now() - %(age)s where event_id = %(id)s")
ASKED = query("update requests set create_time = now() - %(age)s where request_id = %(id)s")


async def test_an_event_leaves_the_outbox_when_it_was_published_long_enough_ago(database: Database) -> None:
    aggregate = ids.new("usr")
    old, young, waiting = [await publish(database, aggregate, version, "n") for version in (1, 2, 3)]
    async with database.transaction() as tx:
        await tx.execute(PUBLISHED, id=old, age=RETENTION + MINUTE)
        await tx.execute(PUBLISHED, id=young, age=RETENTION - MINUTE)
        await tx.execute(CREATED, id=waiting, age=2 * RETENTION)
    await purge_outbox(database)(PURGE)
    async with database.reader() as tx:
        left = {row["event_id"] for row in await tx.all(EVENTS, key=aggregate)}
    assert left == {young, waiting}


async def test_an_inbox_knows_an_event_until_nobody_can_send_it_again(database: Database, effects: Effects) -> None:
    old, young = record(ids.new("usr")), record(ids.new("usr"))
    for event, age in ((old, KEPT + MINUTE), (young, KEPT - MINUTE)):
        await apply(effects, "kept", event)
        await _aged(database, SEEN, event.id, age)
    await PostgresEffects(database).purge(PURGE)
    for event in (old, young):
        await apply(effects, "kept", event)
    assert [await effects.count(f"kept:{event.id}") for event in (old, young)] == [2, 1]


async def test_a_parked_event_waits_for_as_long_as_nobody_replays_it(database: Database) -> None:
    store, event = PostgresEffects(database), record(ids.new("usr"))
    await store.park("kept", event, "poison")
    await _aged(database, PARKED, event.id, 10 * KEPT)
    await store.purge(PURGE)
    assert [row["event_id"] for row in await store.events("kept", event.key)] == [event.id]


async def test_a_request_is_known_for_a_day(database: Database) -> None:
    store, old, young = PostgresRequests(database), key(), key()

    async def answers(title: str) -> list[str]:
        async def perform() -> Category:
            return Category(title=title)

        found = [await store.once(each, Category, perform) for each in (old, young)]
        return [answer.title for answer in found if isinstance(answer, Category)]

    assert await answers("first") == ["first", "first"]
    await _aged(database, ASKED, old.request_id, timedelta(hours=24) + MINUTE)
    await _aged(database, ASKED, young.request_id, timedelta(hours=24) - MINUTE)
    await store.purge(PURGE)
    assert await answers("second") == ["second", "first"]


async def _aged(database: Database, statement: Query, id: UUID, age: timedelta) -> None:
    async with database.transaction() as tx:
        assert await tx.execute(statement, id=id, age=age) == 1
