"""What going back in time means to messages."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis.database import Database
from services.notify import main
from services.notify.adapters.repository import PostgresDeliveries
from services.notify.adapters.restoring import restored
from services.notify.api.consumers import user_handlers
from services.notify.domain.deliveries import DeliveryState
from services.notify.ports import Filter
from services.notify.use_cases import Notifications
from tests.notify.conftest import NOW, registered

pytestmark = pytest.mark.stack


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    """Of this test alone: every delivery in it is counted."""
    return new_database(Path(main.__file__).parent / "migrations")


async def test_messages_that_were_waiting_are_counted_and_stay_as_they_are(
    notifications: Notifications, store: PostgresDeliveries, database: Database
) -> None:
    for state in (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT):
        event = registered()
        await user_handlers(notifications)[UserRegistered](event)
        [delivery] = await store.list(Filter(subject_id=event.data.user_id), 1)
        await store.save(replace(delivery, state=state))
    before = await store.list(Filter(), 10)
    async with database.transaction() as tx:
        assert await restored(tx, NOW) == {"messages_that_may_go_out_twice": 2}
    assert await store.list(Filter(), 10) == before
