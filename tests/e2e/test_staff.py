"""What staff do, and what a customer's list of orders shows soon after."""

import pytest

from tests.e2e.api import Json, Refused, euro, request_id
from tests.e2e.shop import Shop
from tests.e2e.shopper import Shopper
from tests.e2e.test_carts import change, until_cart
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def test_staff_create_change_and_archive_a_product(shop: Shop) -> None:
    variant = await shop.variant(price=1000, stock=3)
    path = f"/api/v1/products/{variant.product_id}"
    product = await shop.staff.get(path)
    assert product["variants"][0]["stock"] == "3"
    changed = await change(shop, variant, "title", title="New title", etag=product["etag"])
    assert changed["title"] == "New title"
    with pytest.raises(Refused) as refused:
        await change(shop, variant, "title", title="Too late", etag=product["etag"])
    assert refused.value.status == 409
    assert (await shop.staff.post(f"{path}:archive", {}))["state"] == "PRODUCT_STATE_ARCHIVED"
    assert (await shop.staff.get(path))["title"] == "New title"


async def test_a_product_is_found_by_slug_in_lists_and_batches(shop: Shop) -> None:
    one, other = await shop.variant(), await shop.variant()
    product = await shop.staff.get(f"/api/v1/products/{one.product_id}")
    assert (await shop.staff.get(f"/api/v1/products/by-slug/{product['slug']}"))["id"] == one.product_id
    listed = await shop.staff.get("/api/v1/products", pageSize=100)
    assert {one.product_id, other.product_id} <= {each["id"] for each in listed["products"]}
    wanted = [("productIds", other.product_id), ("productIds", one.product_id)]
    batch = (await shop.staff.send("GET", "/api/v1/products:batchGet", params=wanted)).json()
    assert [each["id"] for each in batch["products"]] == [other.product_id, one.product_id]


async def test_a_product_list_goes_on_page_by_page_within_its_category(shop: Shop) -> None:
    slug = request_id()
    category = await shop.staff.post(
        "/api/v1/categories", {"slug": slug, "title": "Tea"}, {"idempotency-key": request_id()}
    )
    variants = [await shop.variant() for _ in range(3)]
    for variant in variants:
        await change(shop, variant, "category_id", categoryId=category["id"])
    seen: list[str] = []
    token = ""
    while True:
        page = await shop.staff.get("/api/v1/products", pageSize=2, pageToken=token, categoryId=category["id"])
        seen += [each["id"] for each in page["products"]]
        token = page["nextPageToken"]
        if not token:
            break
    assert seen == [variant.product_id for variant in reversed(variants)]


async def test_a_taken_sku_is_refused(shop: Shop) -> None:
    variant = await shop.variant()
    again = {"slug": request_id(), "title": "Copy", "variants": [{"sku": variant.sku, "prices": [euro(100)]}]}
    with pytest.raises(Refused) as refused:
        await shop.staff.post("/api/v1/products", again, {"idempotency-key": request_id()})
    assert refused.value.status == 409


async def test_staff_adjust_stock_but_take_away_only_what_is_free(shop: Shop) -> None:
    variant = await shop.variant(stock=2)
    async with Shopper(shop) as guest:
        await guest.buy(variant)
        after = await shop.adjust_stock(variant, 3)
        assert (after["free"], after["reserved"], after["sold"]) == ("4", "1", "0")
        with pytest.raises(Refused) as refused:
            await shop.adjust_stock(variant, -5)
        assert refused.value.status == 400


async def test_staff_see_the_deliveries_of_an_order(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        await guest.pay(purchase)
        mail = await guest.mail(purchase.confirmed)

        async def look() -> Json | None:
            listed = await shop.staff.get("/api/v1/deliveries", subjectId=purchase.id, state="DELIVERY_STATE_SENT")
            return next((each for each in listed["deliveries"] if each["template"] == "order_confirmed"), None)

        delivery = await eventually(look, "the delivery to be SENT")
        assert delivery["recipient"] == guest.email
        assert (delivery["messageId"], delivery["subject"]) == (mail["Message-ID"], mail["Subject"])


async def test_staff_see_and_cancel_a_customers_order(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant)
        assert (await shop.staff.get(f"/api/v1/orders/{purchase.id}"))["contact"]["email"] == guest.email
        await shop.staff.post(f"/api/v1/orders/{purchase.id}:cancel", {"requestId": request_id(), "reason": "fraud"})
        await guest.until(purchase, "CANCELED")


async def test_a_customers_list_shows_their_orders_soon_newest_first_and_by_state(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as customer:
        await customer.register()
        paid = await customer.buy(variant)
        await customer.pay(paid)
        await customer.until(paid, "CONFIRMED")
        await until_cart(customer, {})
        open_one = await customer.buy(variant)

        async def look() -> bool:
            listed = (await customer.api.get("/api/v1/me/orders"))["orders"]
            found = [(each["id"], each["state"]) for each in listed]
            return found == [(open_one.id, "ORDER_STATE_PLACED"), (paid.id, "ORDER_STATE_CONFIRMED")]

        await eventually(look, "both orders in the list")
        only = await customer.api.get("/api/v1/me/orders", states="ORDER_STATE_CONFIRMED")
        assert [each["id"] for each in only["orders"]] == [paid.id]
        first = await customer.api.get("/api/v1/me/orders", pageSize=1)
        second = await customer.api.get("/api/v1/me/orders", pageSize=1, pageToken=first["nextPageToken"])
        assert [first["orders"][0]["id"], second["orders"][0]["id"]] == [open_one.id, paid.id]
