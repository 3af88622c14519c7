"""Refusals of a purchase and of bad requests: what the web client is told, and that nothing stays held."""

import asyncio

import httpx
import pytest

from services.chassis import ids
from tests.e2e.api import Refused, cents, euro, request_id
from tests.e2e.shop import Shop, Stock
from tests.e2e.shopper import Purchase, Shopper
from tests.e2e.test_carts import change

pytestmark = pytest.mark.stack
UNTOUCHED = Stock(received=5, free=5, reserved=0, sold=0)


async def refusal(shopper: Shopper, **changes: object) -> Refused:
    """What PlaceOrder says to the cart with these fields changed; asked twice, it says the same."""
    request = {**await shopper.order_request(), **changes}
    answers = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await shopper.place(request=request)
        answers.append(refused.value)
    assert answers[0].body == answers[1].body
    return answers[0]


async def test_a_price_that_moved_is_refused_with_the_new_total(shop: Shop) -> None:
    variant = await shop.variant(price=1000, stock=5)
    async with Shopper(shop) as guest:
        await guest.add(variant, 2)
        request = await guest.order_request()
        dearer = {"id": variant.id, "sku": variant.sku, "prices": [euro(1100)]}
        await change(shop, variant, "variants", variants=[dearer])
        with pytest.raises(Refused) as refused:
            await guest.place(request=request)
        assert (refused.value.status, refused.value.reason) == (400, "PRICE_CHANGED")
        assert refused.value.metadata == {"total_minor_units": "2200", "currency_code": "EUR"}
        await shop.settled_stock(variant, UNTOUCHED)
        purchase = await guest.place(expectedTotal=euro(2200))
        assert cents(purchase.answer["order"]["totals"]["total"]) == 2200


async def test_a_cart_that_changed_is_refused(shop: Shop) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        await guest.add(variant)
        request = await guest.order_request()
        await guest.add(variant)
        with pytest.raises(Refused) as refused:
            await guest.place(request=request)
        assert (refused.value.status, refused.value.reason) == (409, "CART_CHANGED")
        assert await shop.stock(variant) == UNTOUCHED


async def test_too_little_stock_is_refused_with_sku_and_what_is_available_and_holds_nothing(shop: Shop) -> None:
    scarce, plenty = await shop.variant(stock=5), await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        await guest.add(plenty, 2)
        await guest.add(scarce, 6)
        refused = await refusal(guest)
        assert (refused.status, refused.reason) == (400, "INSUFFICIENT_STOCK")
        assert refused.metadata == {scarce.sku: "5"}
        (violation,) = refused.detail("PreconditionFailure")["violations"]
        assert violation["subject"] == scarce.sku
        for variant in (scarce, plenty):
            await shop.settled_stock(variant, UNTOUCHED)


async def test_the_last_unit_is_sold_to_one_of_two(shop: Shop) -> None:
    variant = await shop.variant(stock=1)
    async with Shopper(shop) as one, Shopper(shop) as other:
        await one.add(variant)
        await other.add(variant)
        outcomes = await asyncio.gather(one.place(), other.place(), return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, Refused)]
        assert [each.reason for each in refused] == ["INSUFFICIENT_STOCK"]
        assert sum(isinstance(each, Purchase) for each in outcomes) == 1
        assert await shop.stock(variant) == Stock(received=1, free=0, reserved=1, sold=0)


async def test_an_empty_cart_and_an_archived_product_are_refused(shop: Shop) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        await guest.open_cart()
        assert (await refusal(guest, expectedTotal=euro(0))).reason == "CART_EMPTY"
        await guest.add(variant)
        await shop.staff.post(f"/api/v1/products/{variant.product_id}:archive", {})
        refused = await refusal(guest, expectedTotal=euro(variant.cents))
        assert refused.reason == "VARIANTS_UNAVAILABLE"
        assert refused.detail("PreconditionFailure")["violations"][0]["subject"] == variant.id


async def test_a_redirect_that_is_not_allowed_is_refused(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        await guest.add(variant)
        refused = await refusal(guest, successUrl="https://elsewhere.example/")
        assert (refused.status, refused.fields) == (400, {"success_url"})


async def test_bad_shape_names_every_bad_field(shop: Shop) -> None:
    async with Shopper(shop) as nobody:
        body = {"email": "no address", "password": "short", "displayName": "", "locale": "!"}
        with pytest.raises(Refused) as refused:
            await nobody.api.post("/api/v1/users", body)
        assert refused.value.status == 400
        assert refused.value.fields == {"email", "password", "display_name", "locale"}


async def test_a_malformed_body_an_unknown_path_and_a_wrong_verb_are_refused_in_the_same_shape(shop: Shop) -> None:
    async with httpx.AsyncClient(base_url=shop.url, trust_env=False) as client:
        answers = {
            400: await client.post("/api/v1/carts", content="{", headers={"content-type": "application/json"}),
            404: await client.get("/api/v1/nothing"),
            401: await client.get("/api/v1/me"),
            413: await client.post("/api/v1/carts", content=b'"' + b"x" * 2_000_000 + b'"'),
        }
        wrong_verb = await client.delete("/api/v1/carts")
        assert {each.status_code for each in answers.values()} == set(answers)
        assert wrong_verb.status_code == 404
        for answer in (*answers.values(), wrong_verb):
            assert answer.headers["content-type"].startswith("application/json")
            assert Refused(answer).reason


async def test_a_token_that_is_none_is_refused_and_a_customer_is_no_staff(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        with pytest.raises(Refused) as refused:
            await customer.api.get("/api/v1/deliveries")
        assert (refused.value.status, refused.value.reason) == (403, "ROLE_MISSING")
        customer.api.token = customer.api.token[:-4] + "AAAA"
        with pytest.raises(Refused) as refused:
            await customer.api.get("/api/v1/me")
        assert refused.value.status == 401


async def test_somebody_elses_order_and_an_unknown_one_are_the_same_404(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as owner, Shopper(shop) as other:
        await other.register()
        purchase = await owner.buy(variant)
        bodies = []
        for order_id in (purchase.id, ids.new("ord")):
            with pytest.raises(Refused) as refused:
                await other.api.get(f"/api/v1/orders/{order_id}")
            assert refused.value.status == 404
            bodies.append(str(refused.value.body).replace(order_id, "ID"))
        assert bodies[0] == bodies[1]


async def test_an_order_token_opens_its_own_order_only(shop: Shop) -> None:
    variant = await shop.variant()
    async with Shopper(shop) as guest:
        one, other = await guest.buy(variant), await guest.place()
        path = f"/api/v1/orders/{one.id}"
        for proof in ({}, other.proof, {"x-order-token": "ot_nonsense"}):
            with pytest.raises(Refused) as refused:
                await guest.api.send("GET", path, proof)
            assert refused.value.status == 404
        assert (await guest.api.send("GET", path, one.proof)).json()["id"] == one.id


async def test_a_request_id_comes_by_header_too_and_another_body_under_it_is_refused(shop: Shop) -> None:
    variant = await shop.variant(stock=5)
    async with Shopper(shop) as guest:
        await guest.open_cart()
        key = {"idempotency-key": request_id()}
        body = {"variantId": variant.id, "quantity": 1}
        for _ in range(2):
            await guest.api.post(f"{guest.cart_path}/items", body, key)
        assert await guest.quantities() == {variant.id: 1}
        with pytest.raises(Refused) as refused:
            await guest.api.post(f"{guest.cart_path}/items", body | {"quantity": 2}, key)
        assert refused.value.reason == "REQUEST_ID_REUSED"
