"""Log-ins as a web client keeps them: refresh tokens that rotate, and what becomes of a stolen one."""

import asyncio
import hashlib

import pytest

from tests.e2e.api import Json, Refused
from tests.e2e.shop import PASSWORD, Shop
from tests.e2e.shopper import Shopper

pytestmark = pytest.mark.stack


async def refresh(shopper: Shopper, token: str) -> Json:
    return await shopper.api.post("/api/v1/sessions:refresh", {"refreshToken": token})


async def first_used_long_ago(shop: Shop, token: str) -> None:
    """The 30 seconds in which a token is exchanged again are over."""
    statement = "update refresh_tokens set first_use_time = now() - interval '1 minute' where token_hash = %s"
    await shop.row("auth", statement, hashlib.sha256(token.encode()).digest())


async def test_a_refresh_token_is_exchanged_for_a_new_pair_that_works(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        pair = await refresh(customer, customer.session["refreshToken"])
        assert pair["refreshToken"] != customer.session["refreshToken"]
        customer.api.token = pair["accessToken"]
        assert (await customer.api.get("/api/v1/me"))["id"] == customer.user["id"]


async def test_two_tabs_may_exchange_the_same_token_at_once(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        old = customer.session["refreshToken"]
        pairs = await asyncio.gather(refresh(customer, old), refresh(customer, old))
        for pair in pairs:
            assert (await refresh(customer, pair["refreshToken"]))["user"]["id"] == customer.user["id"]


async def test_a_token_used_again_later_is_theft_and_ends_the_session(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        old = customer.session["refreshToken"]
        new = (await refresh(customer, old))["refreshToken"]
        await first_used_long_ago(shop, old)
        with pytest.raises(Refused) as refused:
            await refresh(customer, old)
        assert (refused.value.status, refused.value.reason) == (401, "REFRESH_TOKEN_REUSED")
        with pytest.raises(Refused) as refused:
            await refresh(customer, new)
        assert refused.value.status == 401


async def test_logging_out_ends_the_session_and_may_be_repeated(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        token = {"refreshToken": customer.session["refreshToken"]}
        for _ in range(2):
            await customer.api.post("/api/v1/sessions:logOut", token)
        with pytest.raises(Refused) as refused:
            await refresh(customer, token["refreshToken"])
        assert refused.value.status == 401


async def test_a_wrong_password_and_an_unknown_address_are_told_the_same(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        bodies = []
        for email, password in ((customer.email, "not the password"), (f"x{customer.email}", PASSWORD)):
            with pytest.raises(Refused) as refused:
                await customer.api.post("/api/v1/sessions", {"email": email, "password": password})
            bodies.append((refused.value.status, refused.value.reason, refused.value.body["message"]))
        assert bodies[0] == bodies[1]
        assert bodies[0][:2] == (401, "INVALID_CREDENTIALS")


async def test_an_address_can_be_registered_once(shop: Shop) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        body = {"email": customer.email.upper(), "password": PASSWORD, "displayName": "Somebody else"}
        with pytest.raises(Refused) as refused:
            await customer.api.post("/api/v1/users", body)
        assert (refused.value.status, refused.value.reason) == (409, "EMAIL_TAKEN")


async def test_the_published_keys_verify_tokens(shop: Shop) -> None:
    answer = await shop.web.get(f"{shop.url}/.well-known/jwks.json")
    (key, *_) = answer.json()["keys"]
    assert (key["alg"], key["use"]) == ("ES256", "sig")
    assert "d" not in key
