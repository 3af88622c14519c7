"""The public methods by real calls: access, repeats, streams, pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.type import money_pb2
from shopmesh.common.v1.contact_pb2 import Contact
from shopmesh.order.v1 import order_pb2
from shopmesh.order.v1 import order_service_pb2 as pb
from shopmesh.order.v1.order_service_pb2_grpc import OrderServiceStub, add_OrderServiceServicer_to_server

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.requests import PostgresRequests
from services.order.adapters.lists import OrderListStore
from services.order.api.servicer import OrderServicer
from services.order.use_cases.listing import Listing
from services.order.use_cases.reading import Reading
from tests.order.builders import euro
from tests.order.conftest import Desk, Written
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
Metadata = tuple[tuple[str, str], ...]


@dataclass
class Shop:
    """The service's public port, a stub to it, and what stands behind."""

    desk: Desk
    lists: OrderListStore
    stub: Any

    async def places(self, cart_owner: str, caller: Metadata = ()) -> pb.PlaceOrderResponse:
        answer: pb.PlaceOrderResponse = await self.stub.PlaceOrder(self.request(cart_owner), metadata=caller)
        return answer

    def request(self, cart_owner: str) -> pb.PlaceOrderRequest:
        """For a new cart of one mug at 12.50."""
        self.desk.carts.holds(cart_owner, {self.desk.catalog.sells(1250, 5): 1})
        return pb.PlaceOrderRequest(
            request_id=str(uuid4()),
            cart_id=cart_owner if cart_owner.startswith("cart_") else "",
            cart_etag="e1",
            expected_total=money_pb2.Money(currency_code="EUR", units=12, nanos=500_000_000),
            contact=Contact(email="ada@example.com", display_name="Ada"),
            payment_flow=order_pb2.PAYMENT_FLOW_HOSTED,
            success_url="http://127.0.0.1:1/ok",
            cancel_url="http://127.0.0.1:1/back",
        )

    async def guest_order(self) -> tuple[str, Metadata]:
        """The id of a guest's order and the guest's proof."""
        placed = await self.places(ids.new("cart"))
        return placed.order.id, (("x-order-token", placed.order_token),)

    async def is_paid_and_sold(self, order_id: str) -> None:
        await self.desk.saga.payment_succeeded(order_id, f"event:{uuid4()}", "pay_1", euro(1250))
        await self.desk.saga.sell_stock(order_id, f"task:sell-stock:{order_id}")


@pytest.fixture
async def shop(desk: Desk, lists: OrderListStore) -> AsyncIterator[Shop]:
    reading = Reading(desk.orders, lists, utc_now, poll_seconds=0.02, ping_seconds=0.1)
    registration = (add_OrderServiceServicer_to_server, OrderServicer(desk.place_order, reading))
    async with serving([registration], PostgresRequests(desk.database)) as channel:
        yield Shop(desk, lists, OrderServiceStub(channel))


async def refusal(call: Any) -> tuple[str, str]:
    """Code and reason of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return reason_of(failed.value)


async def test_a_guest_places_an_order_and_gets_it_by_its_token(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    order = await shop.stub.GetOrder(pb.GetOrderRequest(order_id=order_id), metadata=proof)
    assert (order.id, order.state, order.version) == (order_id, order_pb2.ORDER_STATE_PLACED, 1)
    assert order.contact.email == "ada@example.com"
    assert not order.HasField("refunded")


async def test_repeats_at_a_barrier_answer_the_same_bytes(shop: Shop) -> None:
    request = shop.request(ids.new("cart"))
    answers = await asyncio.gather(*(shop.stub.PlaceOrder(request) for _ in range(4)))
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1


async def test_the_idempotency_key_header_does_as_the_request_id(shop: Shop) -> None:
    request = shop.request(ids.new("cart"))
    header = (("idempotency-key", request.request_id),)
    request.request_id = ""
    first, second = [await shop.stub.PlaceOrder(request, metadata=header) for _ in range(2)]
    assert first == second


async def test_a_customer_buys_their_own_cart_and_staff_see_the_order(shop: Shop) -> None:
    user_id = ids.new("usr")
    placed = await shop.places(user_id, bearer(user_id))
    assert placed.order.user_id == user_id
    get = pb.GetOrderRequest(order_id=placed.order.id)
    for caller in (bearer(user_id), bearer(ids.new("usr"), role="STAFF")):
        assert (await shop.stub.GetOrder(get, metadata=caller)).id == placed.order.id


async def test_a_foreign_order_and_an_unknown_one_are_the_same(shop: Shop) -> None:
    order_id, _ = await shop.guest_order()
    strangers: list[Metadata] = [(), (("x-order-token", "ot_x"),), bearer(ids.new("usr"))]
    for stranger in strangers:
        for asked in (order_id, ids.new("ord")):
            call = shop.stub.GetOrder(pb.GetOrderRequest(order_id=asked), metadata=stranger)
            assert await refusal(call) == ("NOT_FOUND", "ORDER_NOT_FOUND")
            cancel = pb.CancelOrderRequest(order_id=asked, request_id=str(uuid4()))
            assert await refusal(shop.stub.CancelOrder(cancel, metadata=stranger)) == ("NOT_FOUND", "ORDER_NOT_FOUND")


async def test_an_anonymous_caller_without_a_cart_is_told_so(shop: Shop) -> None:
    assert (await refusal(shop.places("usr_nobody")))[0] == "INVALID_ARGUMENT"


async def test_canceling_an_unpaid_order_asks_and_repeats_answer_the_same(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    request = pb.CancelOrderRequest(request_id=str(uuid4()), order_id=order_id, reason="too slow")
    answers = await asyncio.gather(*(shop.stub.CancelOrder(request, metadata=proof) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0].state, answers[0].cancel_requested) == (order_pb2.ORDER_STATE_PLACED, True)


async def test_what_a_call_appends_names_the_method_the_caller_and_the_request_id(shop: Shop, written: Written) -> None:
    user_id, asked = ids.new("usr"), [str(uuid4()), str(uuid4())]
    request = shop.request(user_id)
    request.request_id = asked[0]
    order_id = (await shop.stub.PlaceOrder(request, metadata=bearer(user_id))).order.id
    cancel = pb.CancelOrderRequest(request_id=asked[1], order_id=order_id)
    await shop.stub.CancelOrder(cancel, metadata=bearer(user_id))
    methods = ["PlaceOrder", "CancelOrder"]
    expected = [f"rpc:{method}:{user_id}:{each}" for method, each in zip(methods, asked, strict=True)]
    assert await written.causes(order_id) == expected


async def test_canceling_a_confirmed_order_ends_it_and_again_changes_nothing(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    await shop.is_paid_and_sold(order_id)
    versions = []
    for _ in range(2):
        request = pb.CancelOrderRequest(request_id=str(uuid4()), order_id=order_id)
        order = await shop.stub.CancelOrder(request, metadata=proof)
        assert order.state == order_pb2.ORDER_STATE_CANCELED
        versions.append(order.version)
    assert versions[0] == versions[1]


async def test_an_order_that_ended_otherwise_is_not_cancelable(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    shop.desk.now = lambda: utc_now() + timedelta(hours=1)
    await shop.desk.saga.close_payment(order_id, "task:deadline:x")
    request = pb.CancelOrderRequest(request_id=str(uuid4()), order_id=order_id)
    for _ in range(2):
        answer = await refusal(shop.stub.CancelOrder(request, metadata=proof))
        assert answer == ("FAILED_PRECONDITION", "ORDER_NOT_CANCELABLE")


async def test_watching_shows_each_change_and_ends_when_the_order_is_settled(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    versions: list[int] = []
    async for answer in shop.stub.WatchOrder(pb.WatchOrderRequest(order_id=order_id), metadata=proof):
        versions.append(answer.order.version)
        if answer.order.version == 1:
            await shop.is_paid_and_sold(order_id)
    assert (versions[0], versions[-1]) == (1, 3)


async def test_watching_resumes_behind_a_version_and_ends_at_once_where_all_was_seen(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    await shop.is_paid_and_sold(order_id)

    async def seen_after(version: int) -> list[int]:
        request = pb.WatchOrderRequest(order_id=order_id, after_version=version)
        return [answer.order.version async for answer in shop.stub.WatchOrder(request, metadata=proof)]

    assert await seen_after(1) == [3]
    assert await seen_after(3) == []


async def test_strangers_watch_nothing(shop: Shop) -> None:
    order_id, _ = await shop.guest_order()
    assert (await refusal(shop.stub.WatchOrder(pb.WatchOrderRequest(order_id=order_id)).read()))[0] == "NOT_FOUND"
    events = shop.stub.WatchOrderEvents(pb.WatchOrderEventsRequest(order_id=order_id))
    assert (await refusal(events.read()))[0] == "NOT_FOUND"


async def events_of(shop: Shop, order_id: str, metadata: Metadata) -> AsyncIterator[str]:
    request = pb.WatchOrderEventsRequest(order_id=order_id)
    async for chunk in shop.stub.WatchOrderEvents(request, metadata=metadata):
        assert chunk.content_type == "text/event-stream"
        yield chunk.data.decode()


async def test_server_sent_events_carry_ids_pings_and_the_orders_json(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    texts: list[str] = []
    async for text in events_of(shop, order_id, proof):
        texts.append(text)
        if text == ": ping\n\n":
            await shop.is_paid_and_sold(order_id)
    assert texts[0].startswith("id: 1\nevent: order\ndata: {")
    assert texts[-1].startswith("id: 3\n")
    order = json.loads(texts[-1].split("data: ")[1])
    assert (order["state"], order["version"], order["cancelRequested"]) == ("ORDER_STATE_CONFIRMED", "3", False)


async def test_server_sent_events_resume_behind_the_last_event_id(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    await shop.is_paid_and_sold(order_id)
    texts = [text async for text in events_of(shop, order_id, (*proof, ("last-event-id", "2")))]
    assert [text.splitlines()[0] for text in texts] == ["id: 3"]
    nonsense = [text async for text in events_of(shop, order_id, (*proof, ("last-event-id", "x")))]
    assert len(nonsense) == 1


async def test_a_failure_in_the_middle_of_server_sent_events_is_an_event(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    texts: list[str] = []
    async for text in events_of(shop, order_id, proof):
        if not texts:
            await shop.desk.database.__aexit__()  # the pool is closed: the store is away
        texts.append(text)
    assert texts[-1].startswith("event: error\ndata: {")
    status = json.loads(texts[-1].split("data: ")[1])
    assert status["code"] == grpc.StatusCode.UNAVAILABLE.value[0]


async def test_a_customer_pages_through_their_own_orders(shop: Shop) -> None:
    user_id = ids.new("usr")
    caller = bearer(user_id)
    placed = [(await shop.places(user_id, caller)).order.id for _ in range(3)]
    await Listing(shop.desk.orders, shop.lists).mend()
    first = await shop.stub.ListOrders(pb.ListOrdersRequest(page_size=2), metadata=caller)
    token = first.next_page_token
    rest = await shop.stub.ListOrders(pb.ListOrdersRequest(page_size=2, page_token=token), metadata=caller)
    assert [order.id for order in (*first.orders, *rest.orders)] == placed[::-1]
    assert rest.next_page_token == ""
    other = pb.ListOrdersRequest(page_token=token, states=[order_pb2.ORDER_STATE_PAID])
    assert (await refusal(shop.stub.ListOrders(other, metadata=caller)))[0] == "INVALID_ARGUMENT"


async def test_lists_alone_are_unavailable_while_they_are_not_built(shop: Shop) -> None:
    order_id, proof = await shop.guest_order()
    caller = bearer(ids.new("usr"))
    answer = await refusal(shop.stub.ListOrders(pb.ListOrdersRequest(), metadata=caller))
    assert answer == ("UNAVAILABLE", "READ_MODEL_UNAVAILABLE")
    assert (await shop.stub.GetOrder(pb.GetOrderRequest(order_id=order_id), metadata=proof)).id == order_id
