"""Carts: merged at log-in, followed by what the catalog says, emptied of exactly what was bought."""

import pytest

from tests.e2e.api import Json, Refused, cents, euro, request_id
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def until_cart(shopper: Shopper, wanted: dict[str, int]) -> None:
    """Returns once the cart holds exactly these units."""

    async def look() -> bool:
        return await shopper.quantities() == wanted

    await eventually(look, f"a cart of {wanted}")


async def change(shop: Shop, variant: Variant, mask: str, **fields: object) -> Json:
    """Staff change a product."""
    path = f"/api/v1/products/{variant.product_id}"
    key = {"idempotency-key": request_id()}
    changed: Json = (await shop.staff.send("PATCH", path, key, json=fields, params={"updateMask": mask})).json()
    return changed


async def test_a_confirmed_order_takes_exactly_what_was_bought_out_of_the_cart(shop: Shop) -> None:
    bought, kept = await shop.variant(), await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(bought, quantity=2)
        await guest.add(bought, 3)
        await guest.add(kept)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await until_cart(guest, {bought.id: 3, kept.id: 1})


async def test_a_cart_keeps_its_lines_until_the_order_is_confirmed(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=2)
        assert await guest.quantities() == {variant.id: 2}
        await guest.cancel(purchase)
        await guest.until(purchase, "CANCELED")
        assert await guest.quantities() == {variant.id: 2}


async def test_logging_in_merges_the_guests_cart_once(shop: Shop) -> None:
    both, mine = await shop.variant(), await shop.variant()
    async with Shopper(shop) as customer, Shopper(shop) as guest:
        await customer.register()
        await customer.add(both)
        await guest.add(both, 2)
        await guest.add(mine)
        for _ in range(2):
            merged = await customer.api.post("/api/v1/me/cart:merge", {"guestCartId": guest.cart_id})
            assert {each["variantId"]: each["quantity"] for each in merged["items"]} == {both.id: 3, mine.id: 1}
        assert (await guest.cart())["state"] == "CART_STATE_MERGED"
        with pytest.raises(Refused) as refused:
            await guest.add(mine)
        assert refused.value.reason == "CART_MERGED"


async def test_an_order_of_a_cart_that_was_merged_afterwards_drops_from_the_customers_cart(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as customer, Shopper(shop) as guest:
        await customer.register()
        await customer.add(variant, 5)
        purchase = await guest.buy(variant, quantity=2)
        await customer.api.post("/api/v1/me/cart:merge", {"guestCartId": guest.cart_id})
        assert await customer.quantities() == {variant.id: 7}
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await until_cart(customer, {variant.id: 5})


async def test_a_changed_product_shows_in_the_carts_that_hold_it(shop: Shop) -> None:
    variant = await shop.variant(price=1000)
    async with Shopper(shop) as guest:
        etag = (await guest.add(variant, 2))["etag"]
        dearer = {"id": variant.id, "sku": variant.sku, "prices": [euro(1500)]}
        await change(shop, variant, "title,variants", title="Another title", variants=[dearer])

        async def look() -> Json | None:
            cart = await guest.cart()
            (item,) = cart["items"]
            return cart if item["title"] == "Another title" and cents(item["unitPrice"]) == 1500 else None

        cart = await eventually(look, "the new title and price in the cart")
        assert cents(cart["subtotal"]) == 3000
        assert cart["etag"] == etag


async def test_an_archived_product_can_no_longer_be_bought_and_stays_visible_in_the_cart(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        await guest.add(variant)
        await shop.staff.post(f"/api/v1/products/{variant.product_id}:archive", {})

        async def look() -> bool:
            (item,) = (await guest.cart())["items"]
            return not item["available"]

        await eventually(look, "the line to be unavailable")
        with pytest.raises(Refused) as refused:
            await guest.add(variant)
        assert refused.value.reason == "VARIANT_UNAVAILABLE"


async def test_lines_are_set_and_taken_out(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as customer:
        await customer.register()
        await customer.add(variant)
        path = f"/api/v1/me/cart/items/{variant.id}"
        await customer.api.send("PUT", path, json={"quantity": 7})
        assert await customer.quantities() == {variant.id: 7}
        await customer.api.send("DELETE", path)
        await customer.api.send("DELETE", path)
        assert await customer.quantities() == {}
