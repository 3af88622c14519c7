"""A part is away or hangs: an answer within the deadline, nothing accepted is lost, and all catches up by itself."""

import time

import pytest

from deploy.local.installation import SERVICES
from services.chassis import ids
from tests.e2e.api import Json, Refused
from tests.e2e.metrics import health
from tests.e2e.outages import away, hanging, is_well, until_health, well_throughout
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack
SLACK_S = 4.0  # room for a busy machine
KAFKA_HEALTH = (
    ("payment", "relay"),
    ("auth", "relay"),
    ("order", "consumer.order.payments"),
    ("cart", "consumer.cart.orders"),
)


async def unavailable(shopper: Shopper, path: str, deadline_s: float) -> Refused:
    """The refusal of a GET while something it needs is away; it comes within the method's deadline."""
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        await shopper.api.get(path)
    assert time.monotonic() - began < deadline_s + SLACK_S
    assert refused.value.status in (503, 504)
    assert refused.value.reason
    return refused.value


async def placed_again(shopper: Shopper, request: Json) -> Purchase:
    """The order of this request, asked for until the shop is itself again."""

    async def look() -> Purchase | None:
        try:
            return await shopper.place(request=request)
        except Refused as refused:
            if refused.status in (503, 504):
                return None
            raise

    return await eventually(look, "the order to be placed")


async def assert_bought(shop: Shop, shopper: Shopper, purchase: Purchase) -> None:
    await shopper.until(purchase, "CONFIRMED")
    await shopper.mail(purchase.confirmed)
    assert len(await shop.charges(purchase.id)) == 1


async def test_without_kafka_orders_are_placed_and_paid_and_all_catches_up_when_it_is_back(shop: Shop) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        async with away(shop, "kafka"):
            purchase = await guest.buy(variant)
            await guest.pay(purchase)

            async def paid() -> bool:
                return bool((await guest.payment(purchase))["state"] == "PAYMENT_STATE_SUCCEEDED")

            await eventually(paid, "the payment to succeed")
            for service, name in KAFKA_HEALTH:
                await until_health(shop, service, name, False)
                assert await is_well(shop, service)
                assert (await health(shop, service))[name] == 0
            assert (await guest.order(purchase))["state"] == "ORDER_STATE_PLACED"
        await assert_bought(shop, guest, purchase)
        for service, name in KAFKA_HEALTH:
            await until_health(shop, service, name, True)
        assert await shop.stock(variant) == Stock(received=3, free=2, reserved=0, sold=1)


async def test_without_mongodb_only_lists_are_away(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as customer:
        await customer.register()
        async with away(shop, "mongo"):
            purchase = await customer.buy(variant)
            await customer.pay(purchase)
            await assert_bought(shop, customer, purchase)
            await unavailable(customer, "/api/v1/me/orders", 3)
            await until_health(shop, "order", "lists", False)
            assert await is_well(shop, "order")

        async def listed() -> bool:
            try:
                orders = (await customer.api.get("/api/v1/me/orders"))["orders"]
            except Refused as refused:
                if refused.status == 503:
                    return False
                raise
            return [(each["id"], each["state"]) for each in orders] == [(purchase.id, "ORDER_STATE_CONFIRMED")]

        await eventually(listed, "the rebuilt list")
        await until_health(shop, "order", "lists", True)


async def test_without_the_mail_server_the_message_comes_later(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        async with away(shop, "mail"):
            purchase = await guest.buy(variant)
            await guest.pay(purchase)
            await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.confirmed)


@pytest.mark.parametrize("part", ["cart", "catalog", "payment", "stripe"])
async def test_placing_without_a_part_is_503_and_the_same_request_resumes(shop: Shop, part: str) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        await guest.add(variant)
        request = await guest.order_request()
        async with well_throughout(shop, set(SERVICES) - {part}), away(shop, part):
            began = time.monotonic()
            with pytest.raises(Refused) as refused:
                await guest.place(request=request)
            assert time.monotonic() - began < 10 + SLACK_S
            assert refused.value.status == 503
            assert refused.value.detail("RetryInfo")
        purchase = await placed_again(guest, request)
        await guest.pay(purchase)
        await assert_bought(shop, guest, purchase)
        assert await shop.stock(variant) == Stock(received=3, free=2, reserved=0, sold=1)


async def test_a_request_that_nobody_finished_is_abandoned_and_holds_nothing(shop: Shop) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        await guest.add(variant)
        request = await guest.order_request()
        async with away(shop, "catalog"):
            with pytest.raises(Refused):
                await guest.place(request=request)
        found = await shop.row("order", "select order_id from placements where scope = %s", guest.cart_id)
        assert found
        await shop.make_due("order", "abandon", ids.text("ord", found["order_id"]))

        async def abandoned() -> bool:
            row = await shop.row("order", "select status from placements where scope = %s", guest.cart_id)
            return row == {"status": "ABANDONED"}

        await eventually(abandoned, "the request to be abandoned")
        with pytest.raises(Refused) as refused:
            await guest.place(request=request)
        assert refused.value.reason == "REQUEST_ABANDONED"
        assert await shop.stock(variant) == Stock(received=3, free=3, reserved=0, sold=0)
        await placed_again(guest, await guest.order_request())


async def test_without_auth_tokens_still_admit(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.cart()  # with which cart has the keys
        async with away(shop, "auth"):
            await unavailable(customer, "/api/v1/me", 2)
            assert (await customer.cart())["items"] == []
        await eventually(lambda: customer.api.get("/api/v1/me"), "auth to be back")


async def test_without_order_or_notify_their_own_methods_are_503(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest, Shopper(shop) as staff:
        staff.api.token = shop.staff.token
        purchase = await guest.buy(variant)
        async with away(shop, "order"), away(shop, "notify"):
            await unavailable(guest, f"/api/v1/orders/{purchase.id}", 2)
            await unavailable(staff, "/api/v1/deliveries", 3)
        await guest.pay(purchase)
        await assert_bought(shop, guest, purchase)


async def test_a_service_that_hangs_is_504_within_the_deadline_and_placing_says_so_too(shop: Shop) -> None:
    variant = await shop.variant(stock=3)
    async with Shopper(shop) as guest:
        await guest.add(variant)
        request = await guest.order_request()
        async with hanging(shop, "catalog"):
            refused = await unavailable(guest, f"/api/v1/products/{variant.product_id}", 2)
            assert refused.status == 504
            with pytest.raises(Refused) as refusal:
                await guest.place(request=request)
            assert refusal.value.status in (503, 504)
        purchase = await placed_again(guest, request)
        await guest.cancel(purchase)
        await guest.until(purchase, "CANCELED")
        await shop.settled_stock(variant, Stock(received=3, free=3, reserved=0, sold=0))


async def test_without_valkey_carts_are_503_and_the_rest_goes_on(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        await guest.add(variant)
        async with away(shop, "valkey"):
            await unavailable(guest, guest.cart_path, 2)
            await until_health(shop, "cart", "", False)
            assert (await guest.api.get(f"/api/v1/products/{variant.product_id}"))["id"] == variant.product_id
        await until_health(shop, "cart", "", True)
        assert await guest.quantities() == {variant.id: 1}


async def test_without_postgresql_methods_are_503_and_readiness_says_so_until_it_is_back(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        async with away(shop, "postgres"):
            await unavailable(guest, f"/api/v1/orders/{purchase.id}", 2)
            await until_health(shop, "order", "", False)
        await until_health(shop, "order", "", True)
        await guest.until(purchase, "PLACED")
        await guest.pay(purchase)
        await assert_bought(shop, guest, purchase)
