"""The hosted page: for a person with a browser and no JavaScript, and for clients that ask for JSON."""

import re

import httpx
import pytest
import stripe

from deploy.local.stripe.control import StripeControl
from tests.stripe import building
from tests.stripe.running import Receiver

pytestmark = pytest.mark.stack


async def test_a_mistyped_card_is_told_before_any_bank_is_asked(
    client: stripe.StripeClient, control: StripeControl
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    assert (await control.pay(str(session.url), "4242424242424241"))["error"] == "Your card number is incorrect."
    assert (await client.v1.checkout.sessions.retrieve_async(session.id)).payment_intent is None


@pytest.mark.parametrize(("passed", "status"), [(True, "complete"), (False, "requires_payment_method")])
async def test_a_card_that_asks_the_bank_pays_only_when_the_customer_passes(
    client: stripe.StripeClient, control: StripeControl, passed: bool, status: str
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    asked = await control.pay(str(session.url), building.ASKS_BANK)
    assert asked["status"] == "requires_action"
    answer = await control.authenticate(asked["redirect"], passed=passed)
    assert answer["status"] == status
    ended = await client.v1.checkout.sessions.retrieve_async(session.id)
    assert (ended.status, ended.payment_status) == (("complete", "paid") if passed else ("open", "unpaid"))


async def test_the_page_works_without_javascript_and_names_what_is_bought(
    client: stripe.StripeClient, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    page = await browser.get(str(session.url))
    assert "<script" not in page.text
    assert "Stoneware cup" in page.text
    assert "25.00 EUR" in page.text
    assert 'href="http://127.0.0.1:8080/cart"' in page.text
    inputs = re.findall(r'<input[^>]* name="(\w+)"', page.text)
    assert inputs == ["email", "card_number", "card_expiry", "card_cvc", "card_name"]
    assert page.text.count("<label") == len(inputs)


async def test_the_form_redirects_a_browser_to_the_shop(
    client: stripe.StripeClient, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    form = {
        "email": "a@b.example",
        "card_number": "4242 4242 4242 4242",
        "card_expiry": "04 / 40",
        "card_cvc": "123",
        "card_name": "Ada",
    }
    declined = await browser.post(str(session.url), data=form | {"card_number": building.DECLINED})
    assert declined.status_code == 402
    assert 'role="alert"' in declined.text
    paid = await browser.post(str(session.url), data=form)
    assert (paid.status_code, paid.headers["location"]) == (303, f"http://127.0.0.1:8080/thanks?session={session.id}")
    assert (await browser.post(str(session.url), data=form)).headers["location"] == paid.headers["location"], (
        "sent twice"
    )
    assert (
        len((await client.v1.charges.list_async({"payment_intent": await building.intent_of(client, session.id)})).data)
        == 2
    )


async def test_an_expired_session_takes_no_money(
    client: stripe.StripeClient, control: StripeControl, receiver: Receiver, payment_id: str, browser: httpx.AsyncClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id))
    await control.pay(str(session.url), building.DECLINED)
    expired = await client.v1.checkout.sessions.expire_async(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    await receiver.wait_types(payment_id, "checkout.session.expired", "payment_intent.canceled")
    assert (await browser.get(str(session.url))).status_code == 410
    assert (await browser.post(str(session.url), data={"card_number": building.SUCCEEDS})).status_code == 410


async def test_a_client_that_asks_for_json_is_told_so_that_the_page_is_over(
    client: stripe.StripeClient, control: StripeControl
) -> None:
    paid, expired = [await client.v1.checkout.sessions.create_async(building.session()) for _ in range(2)]
    first = await control.pay(str(paid.url))
    assert await control.pay(str(paid.url)) == first
    await client.v1.checkout.sessions.expire_async(expired.id)
    told = {"status": "expired", "redirect": None, "error": "This payment page has expired"}
    assert await control.pay(str(expired.url)) == told
    unknown = await control.pay(str(paid.url).replace("cs_test", "cs_none"))
    assert (unknown["status"], unknown["error"]) == ("unknown", "This page does not exist")


@pytest.mark.parametrize(
    ("expiry", "problem"),
    [("12/40", None), ("12 / 2040", None), ("1240", None), ("940", None), ("1340", "month"), ("", "month")],
)
async def test_an_expiry_date_is_taken_with_and_without_its_slash(
    client: stripe.StripeClient, browser: httpx.AsyncClient, expiry: str, problem: str | None
) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    form = {"email": "a@b.example", "card_number": building.SUCCEEDS, "card_cvc": "123", "card_name": "Ada"}
    answer = await browser.post(str(session.url), data=form | {"card_expiry": expiry})
    assert answer.status_code == (402 if problem else 303)
    assert not problem or f"expiration {problem} is invalid" in answer.text
