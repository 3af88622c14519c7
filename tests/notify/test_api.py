"""Deliveries as staff list them, by gRPC."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered
from shopmesh.notify.v1 import notify_service_pb2 as pb
from shopmesh.notify.v1.notify_service_pb2_grpc import NotifyServiceStub, add_NotifyServiceServicer_to_server

from services.chassis import ids, paging
from services.notify.api.consumers import user_handlers
from services.notify.api.servicer import NotifyServicer
from services.notify.domain.deliveries import Refused
from services.notify.ports import Filter
from services.notify.use_cases import Notifications
from tests.notify.conftest import Mails, registered
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
STAFF_ID = ids.new("usr")


@pytest.fixture
async def stub(notifications: Notifications) -> AsyncIterator[Any]:
    async with serving([(add_NotifyServiceServicer_to_server, NotifyServicer(notifications))]) as channel:
        yield NotifyServiceStub(channel)


async def test_staff_page_through_deliveries_the_newest_first(stub: Any, notifications: Notifications) -> None:
    user_id = ids.new("usr")
    for _ in range(5):
        await user_handlers(notifications)[UserRegistered](registered(user_id=user_id))
    request = pb.ListDeliveriesRequest(subject_id=user_id, page_size=2)
    pages = []
    while True:
        page = await stub.ListDeliveries(request, metadata=bearer(STAFF_ID, "STAFF"))
        pages.append([delivery.id for delivery in page.deliveries])
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert [len(page) for page in pages] == [2, 2, 1]
    everything = [delivery_id for page in pages for delivery_id in page]
    expected = [delivery.id for delivery in await notifications.list(Filter(subject_id=user_id), 10)]
    assert everything == expected


async def test_staff_filter_by_state_where_being_handed_over_counts_as_pending(
    stub: Any, notifications: Notifications, mails: Mails
) -> None:
    user_id = ids.new("usr")
    for error in (None, asyncio.CancelledError(), Refused("550 no")):
        await user_handlers(notifications)[UserRegistered](registered(user_id=user_id))
        newest = (await notifications.list(Filter(subject_id=user_id), 1))[0]
        mails.errors = [error] if error else []
        await asyncio.gather(notifications.send(newest.id), return_exceptions=True)
    states = (pb.DELIVERY_STATE_SENT, pb.DELIVERY_STATE_PENDING, pb.DELIVERY_STATE_FAILED)
    for state in states:
        request = pb.ListDeliveriesRequest(subject_id=user_id, state=state)
        [delivery] = (await stub.ListDeliveries(request, metadata=bearer(STAFF_ID, "STAFF"))).deliveries
        assert delivery.state == state
    failed = delivery
    assert (failed.last_error, failed.attempts, failed.template) == ("550 no", 1, "welcome")
    everything = pb.ListDeliveriesRequest(subject_id=user_id)
    assert len((await stub.ListDeliveries(everything, metadata=bearer(STAFF_ID, "STAFF"))).deliveries) == 3


async def test_callers_who_are_not_staff_are_refused(stub: Any) -> None:
    for metadata, refusal in [((), "UNAUTHENTICATED"), (bearer(ids.new("usr")), "PERMISSION_DENIED")]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListDeliveries(pb.ListDeliveriesRequest(), metadata=metadata)
        assert reason_of(refused.value)[0] == refusal


A_TIME = datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        *(
            paging.next_token(pb.ListDeliveriesRequest(), keys)
            for keys in ([], [A_TIME], ["yesterday", ids.new("dlv")], [A_TIME, "dlv_1"], [A_TIME, ids.new("dlv"), ""])
        ),
    ],
)
async def test_a_page_token_that_is_none_of_the_lists_is_refused_by_name(stub: Any, token: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="page_token") as refused:
        await stub.ListDeliveries(pb.ListDeliveriesRequest(page_token=token), metadata=bearer(STAFF_ID, "STAFF"))
    assert reason_of(refused.value)[0] == "INVALID_ARGUMENT"
