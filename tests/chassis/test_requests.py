"""A repeat answers what was answered first."""

import asyncio
from uuid import uuid4

import pytest
from shopmesh.catalog.v1.category_pb2 import Category
from shopmesh.order.v1.order_service_pb2 import PlaceOrderRequest

from services.chassis import principal
from services.chassis.database import Database
from services.chassis.errors import AlreadyExists, Code, FailedPrecondition, ServiceError
from services.chassis.principal import ANONYMOUS, Principal
from services.chassis.requests import PostgresRequests, RequestKey, key_of
from tests.chassis.conftest import Effects

pytestmark = pytest.mark.stack
ANSWERS = {Code.ALREADY_EXISTS, Code.FAILED_PRECONDITION}


def key(body: bytes = b"body", scope: str = "usr_1") -> RequestKey:
    return RequestKey(scope, "/x/Create", uuid4(), body)


async def test_fifty_repeats_at_once_have_one_effect_and_one_answer(database: Database, effects: Effects) -> None:
    store, same, barrier = PostgresRequests(database), key(), asyncio.Barrier(50)

    async def call(number: int) -> bytes:
        async def perform() -> Category:
            await effects.add("fifty")
            return Category(title=f"made by {number}")

        await barrier.wait()
        answer = await store.once(same, Category, perform)
        return answer.SerializeToString()

    answers = await asyncio.gather(*(call(n) for n in range(50)))
    assert len(set(answers)) == 1
    assert await effects.count("fifty") == 1


@pytest.mark.parametrize(
    "error", [AlreadyExists("TAKEN", "taken"), FailedPrecondition("TAKEN", "taken")], ids=lambda error: error.code
)
async def test_a_refusal_is_an_answer_and_undoes_its_effect(
    database: Database, effects: Effects, error: ServiceError
) -> None:
    store, same, calls = PostgresRequests(database), key(), 0

    async def perform() -> Category:
        nonlocal calls
        calls += 1
        await effects.add("refused")
        raise error

    for _ in range(2):
        with pytest.raises(ServiceError) as refusal:
            await store.once(same, Category, perform)
        assert (refusal.value.code, refusal.value.reason) == (error.code, "TAKEN")
    assert calls == 1
    assert await effects.count("refused") == 0


@pytest.mark.parametrize(
    "error",
    [
        *(ServiceError(code, "PASSING", "passing") for code in Code if code not in ANSWERS),
        ValueError("a bug"),
        asyncio.CancelledError(),
    ],
    ids=lambda error: getattr(error, "code", type(error).__name__),
)
async def test_an_outage_is_no_answer(database: Database, effects: Effects, error: BaseException) -> None:
    store, same = PostgresRequests(database), key()

    async def fail() -> Category:
        await effects.add("passing")
        raise error

    async def back() -> Category:
        return Category(title="back")

    with pytest.raises(type(error)):
        await store.once(same, Category, fail)
    assert await effects.count("passing") == 0
    assert (await store.once(same, Category, back)) == Category(title="back")


async def test_the_same_id_with_another_body_is_refused(database: Database) -> None:
    store, first = PostgresRequests(database), key()

    async def perform() -> Category:
        return Category(title="first")

    await store.once(first, Category, perform)
    other = RequestKey(first.scope, first.method, first.request_id, b"another body")
    with pytest.raises(FailedPrecondition) as refusal:
        await store.once(other, Category, perform)
    assert refusal.value.reason == "REQUEST_ID_REUSED"


async def test_request_ids_of_two_callers_never_meet(database: Database) -> None:
    store, mine = PostgresRequests(database), key()
    theirs = RequestKey("usr_2", mine.method, mine.request_id, mine.body_hash)

    async def answer(title: str) -> Category:
        async def perform() -> Category:
            return Category(title=title)

        stored = await store.once(mine if title == "mine" else theirs, Category, perform)
        assert isinstance(stored, Category)
        return stored

    assert (await answer("mine")).title == "mine"
    assert (await answer("theirs")).title == "theirs"


@pytest.mark.parametrize("order_token", ["", "ot_of_an_earlier_order"])
def test_a_guests_requests_are_those_of_the_cart_whatever_order_token_comes_along(order_token: str) -> None:
    principal.enter(Principal(order_token=order_token))
    request = PlaceOrderRequest(cart_id="cart_1", request_id=str(uuid4()))
    assert key_of("/x/PlaceOrder", request).scope == "cart_1"
    principal.enter(ANONYMOUS)
