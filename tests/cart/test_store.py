"""Carts and copies of products in a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from structlog.testing import capture_logs

from services.cart.adapters.carts import ValkeyCarts
from services.cart.adapters.products import ValkeyProducts
from services.cart.adapters.valkey import ServerCheck
from services.cart.domain import carts
from services.cart.domain.carts import Cart
from services.cart.domain.products import VariantCopy
from services.cart.ports import Decide
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.errors import FailedPrecondition, ServiceError, Unavailable
from services.chassis.money import Money
from tests.cart.conftest import LIVES, a_line, a_product, a_request, variant_of

pytestmark = pytest.mark.stack


@pytest.fixture
def cart_id() -> str:
    return ids.new("cart")


def adding(cart_id: str, variant_id: str = "var_1") -> Decide:
    """Adds one unit, also to a cart that is not there yet."""

    def decide(cart: Cart | None) -> Cart:
        known = cart or carts.empty(cart_id, "", utc_now(), LIVES)
        return carts.add(known, variant_id, f"prod_of_{variant_id}", 1, utc_now(), LIVES)

    return decide


async def units(store: ValkeyCarts, cart_id: str) -> int:
    cart = await store.get(cart_id)
    return sum(line.quantity for line in cart.lines) if cart else 0


async def test_a_cart_comes_back_as_it_was_stored(store: ValkeyCarts, cart_id: str) -> None:
    stored = await store.change(cart_id, adding(cart_id))
    frozen = await store.change(cart_id, lambda cart: carts.freeze(cart, cart_id, "cart_m", "usr_1", utc_now(), LIVES))
    assert stored is not None
    assert frozen is not None
    assert frozen.lines == (a_line(),)
    assert await store.get(cart_id) == frozen
    assert await store.get(ids.new("cart")) is None


async def test_changes_at_once_are_all_kept(store: ValkeyCarts, cart_id: str) -> None:
    barrier = asyncio.Barrier(20)

    async def change(number: int) -> None:
        await barrier.wait()
        await store.change(cart_id, adding(cart_id, f"var_{number % 5}"))

    await asyncio.gather(*(change(number) for number in range(20)))
    assert await units(store, cart_id) == 20


async def test_repeats_of_a_request_at_once_change_the_cart_once_and_answer_alike(
    store: ValkeyCarts, cart_id: str
) -> None:
    request, barrier = a_request(), asyncio.Barrier(10)

    async def change() -> Cart:
        await barrier.wait()
        return await store.change_for_request(cart_id, request, adding(cart_id))

    answers = await asyncio.gather(*(change() for _ in range(10)))
    assert await units(store, cart_id) == 1
    assert len({answer.update_time for answer in answers}) == 1
    assert all(answer == answers[0] for answer in answers)


async def test_a_repeat_answers_as_the_first_did_though_the_cart_has_changed(store: ValkeyCarts, cart_id: str) -> None:
    request = a_request()
    first = await store.change_for_request(cart_id, request, adding(cart_id))
    await store.change(cart_id, adding(cart_id))
    assert await store.answer(cart_id, request) == first
    assert await store.change_for_request(cart_id, request, adding(cart_id)) == first
    assert await units(store, cart_id) == 2


async def test_a_request_id_with_another_body_is_refused(store: ValkeyCarts, cart_id: str) -> None:
    request = a_request()
    await store.change_for_request(cart_id, request, adding(cart_id))
    other = replace(request, body_hash=b"another")
    for call in (store.answer(cart_id, other), store.change_for_request(cart_id, other, adding(cart_id))):
        with pytest.raises(FailedPrecondition) as refused:
            await call
        assert refused.value.reason == "REQUEST_ID_REUSED"


async def test_a_refusal_that_is_an_answer_is_stored_and_an_outage_is_not(store: ValkeyCarts, cart_id: str) -> None:
    request = a_request()

    def outage(_: Cart | None) -> Cart:
        raise Unavailable("catalog is away")

    def refusal(_: Cart | None) -> Cart:
        raise FailedPrecondition("VARIANT_UNAVAILABLE", "no", metadata={"variant_id": "var_1"})

    with pytest.raises(Unavailable):
        await store.change_for_request(cart_id, request, outage)
    for decide in (refusal, adding(cart_id)):
        with pytest.raises(ServiceError) as refused:
            await store.change_for_request(cart_id, request, decide)
        assert refused.value.reason == "VARIANT_UNAVAILABLE"
        assert refused.value.metadata["variant_id"] == "var_1"


async def test_a_request_is_known_for_a_day_also_when_the_cart_is_forgotten(
    store: ValkeyCarts, valkey: Redis, cart_id: str
) -> None:
    request = a_request()
    first = await store.change_for_request(cart_id, request, adding(cart_id))
    await valkey.delete(f"cart:{{{cart_id}}}")
    assert await store.answer(cart_id, request) == first
    (kept,) = [name async for name in valkey.scan_iter(f"*{cart_id}*")]
    assert await valkey.ttl(kept) == pytest.approx(24 * 3600, abs=10)


async def test_a_mark_is_kept_when_the_cart_is_empty_or_forgotten(
    store: ValkeyCarts, valkey: Redis, cart_id: str
) -> None:
    assert await store.change_once(cart_id, "event:1", lambda cart: None)
    assert await store.change_once(cart_id, "event:2", adding(cart_id))
    await valkey.delete(f"cart:{{{cart_id}}}")
    for mark in ("event:1", "event:2"):
        assert not await store.change_once(cart_id, mark, adding(cart_id))
        left = await valkey.ttl(f"cart:{{{cart_id}}}:once:{mark}")
        assert left > 30 * 24 * 3600, "longer than the topics keep an event"


async def test_a_cart_is_forgotten_after_its_life_and_a_reading_does_not_prolong_it(
    store: ValkeyCarts, valkey: Redis, cart_id: str
) -> None:
    await store.change(cart_id, adding(cart_id))
    key = f"cart:{{{cart_id}}}"
    assert await valkey.ttl(key) == pytest.approx(LIVES.guest.total_seconds(), abs=10)
    await valkey.expire(key, 100)
    await store.get(cart_id)
    await store.change(cart_id, lambda cart: cart)
    assert await valkey.ttl(key) <= 100
    await store.change(cart_id, adding(cart_id))
    assert await valkey.ttl(key) > 100


async def test_all_keys_of_a_cart_lie_in_one_hash_slot(store: ValkeyCarts, valkey: Redis, cart_id: str) -> None:
    await store.change_for_request(cart_id, a_request(), adding(cart_id))
    await store.change_once(cart_id, "event:1", adding(cart_id))
    keys = [key async for key in valkey.scan_iter(f"*{cart_id}*")]
    assert len(keys) == 3
    assert len({key_slot(key.encode()) for key in keys}) == 1


@pytest.fixture
async def forgetting(valkey: Redis) -> AsyncIterator[None]:
    """The server writes no append-only file for the time of a test."""
    await valkey.config_set("appendonly", "no")
    try:
        yield
    finally:
        await valkey.config_set("appendonly", "yes")


@pytest.fixture
async def evicting(valkey: Redis) -> AsyncIterator[None]:
    """The server would evict if it were full; it has no limit."""
    await valkey.config_set("maxmemory-policy", "allkeys-lru")
    yield
    await valkey.config_set("maxmemory-policy", "noeviction")


async def test_a_server_that_keeps_what_it_is_given_is_ready_without_a_word(valkey: Redis) -> None:
    with capture_logs() as said:
        await ServerCheck(valkey)()
    assert said == []


async def test_a_server_that_would_lose_carts_in_a_restart_is_named(valkey: Redis, forgetting: None) -> None:
    with capture_logs() as said:
        await ServerCheck(valkey)()
    assert [(line["event"], line["log_level"]) for line in said] == [("appendonly_off", "warning")]


async def test_a_server_that_may_forget_carts_when_full_is_named(valkey: Redis, evicting: None) -> None:
    check = ServerCheck(valkey)
    with capture_logs() as said:
        for _ in range(2):
            await check()
    assert [(line["event"], line["policy"]) for line in said] == [("evicts_when_full", "allkeys-lru")]


async def test_a_copy_becomes_the_newest_product_whatever_the_order_of_events(products: ValkeyProducts) -> None:
    first = a_product(price=100, sequence="000001.000000000009")
    variant_id = variant_of(first)
    copies = [
        replace(first, sequence=sequence, variants={variant_id: VariantCopy("SKU", "", {"EUR": price})})
        for sequence, price in [
            ("000001.000000000010", 110),
            ("000002.000000000001", 200),
            ("000001.000000000099", 199),
        ]
    ]
    results = [await products.put(copy) for copy in (first, *copies)]
    assert results == [True, True, True, False]
    offers = await products.offers([(variant_id, first.id)])
    assert offers[variant_id].unit_price == Money(200, "EUR")
    assert await products.product_of(variant_id) == first.id


async def test_a_product_told_again_rebuilds_a_copy_that_is_damaged(products: ValkeyProducts, valkey: Redis) -> None:
    product = a_product(price=1999)
    variant_id = variant_of(product)
    await products.put(product)
    await valkey.hset(f"product:{{{product.id}}}", mapping={"title": "Damaged", variant_id: '["SKU","",{}]'})
    assert await products.put(product)
    offer = (await products.offers([(variant_id, product.id)]))[variant_id]
    assert (offer.title, offer.unit_price) == ("Linen shirt", Money(1999, "EUR"))


async def test_a_variant_that_left_its_product_has_no_offer(products: ValkeyProducts) -> None:
    product = a_product()
    await products.put(product)
    await products.put(replace(product, sequence="000001.000000000002", variants={}))
    assert await products.offers([(variant_of(product), product.id)]) == {}
