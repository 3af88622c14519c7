"""Stripe's notices at the edge: however often and in whatever order they come, one capture, one order, one e-mail."""

import asyncio
import json
import random
import time
from typing import Any

import pytest
import stripe

from deploy.local import environment
from services.chassis import ids
from tests.e2e.api import Json
from tests.e2e.shop import Shop
from tests.e2e.shopper import DECLINED_CARD, EMBEDDED, HOSTED, Purchase, Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack
COPIES = 10
MARKER = "a notice that nobody signed"


def secret(shop: Shop) -> str:
    """What Stripe signs with."""
    return environment.stripe(shop.stack.installation)["STRIPE_WEBHOOK_SECRETS"].partition(",")[0]


def signature(body: bytes, key: str, age: int = 0) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), key, int(time.time()) - age))


async def deliver(shop: Shop, body: bytes, signed: str | None) -> int:
    """Posts a notice as Stripe does; the status."""
    headers = {"content-type": "application/json"} | ({} if signed is None else {"stripe-signature": signed})
    return (await shop.web.post(f"{shop.url}/webhooks/stripe", content=body, headers=headers)).status_code


async def told_by_stripe(shop: Shop, purchase: Purchase) -> list[bytes]:
    """The bodies of every notice about an order."""
    found = (await shop.from_stripe("/v1/events", limit=100))["data"]
    mine = [each for each in found if each["data"]["object"].get("metadata", {}).get("order_id") == purchase.id]
    return [json.dumps(each).encode() for each in mine]


async def storm(shop: Shop, bodies: list[bytes], seed: int) -> None:
    """Delivers each ten times, in an order of the seed's, at the same moment."""
    notices = bodies * COPIES
    random.Random(seed).shuffle(notices)
    key = secret(shop)
    statuses = await asyncio.gather(*(deliver(shop, body, signature(body, key)) for body in notices))
    assert set(statuses) == {200}


async def pay(shop: Shop, guest: Shopper, purchase: Purchase, flow: str) -> None:
    """Pays after a declined card, and none of it is noticed."""
    await shop.stripe.lose(shop.about(purchase.id))
    if flow == HOSTED:
        await guest.pay(purchase, DECLINED_CARD)
        await guest.pay(purchase)
    else:
        await guest.confirm(purchase, "pm_card_chargeDeclined")
        await guest.confirm(purchase)


async def counts(shop: Shop, purchase: Purchase, service: str, statement: str) -> dict[str, int]:
    """How many rows of each name there are for an order."""
    rows = await shop.rows(service, statement, ids.uuid_of(purchase.id))
    return {row["name"]: row["n"] for row in rows}


async def until_handled(shop: Shop, purchase: Purchase) -> None:
    """Waits for the end of every notice of the order."""
    statement = "select count(*)::int as n from notices where state = 'RECEIVED' and event::text like %s"

    async def handled() -> bool:
        row = await shop.row("payment", statement, f"%{purchase.id}%")
        return bool(row and row["n"] == 0)

    await eventually(handled, f"the notices of {purchase.id}")


@pytest.mark.parametrize("flow", [HOSTED, EMBEDDED])
async def test_notices_ten_times_and_shuffled_racing_the_customers_return_count_once(
    shop: Shop, flow: str, seed: int
) -> None:
    variant = await shop.variant(price=1800)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, flow=flow)
        await pay(shop, guest, purchase, flow)
        bodies = await told_by_stripe(shop, purchase)
        types = {json.loads(body)["type"] for body in bodies}
        assert {"payment_intent.payment_failed", "payment_intent.succeeded"} <= types
        assert ("checkout.session.completed" in types) is (flow == HOSTED)
        returns: list[Any] = [guest.verify(purchase) for _ in range(COPIES)]
        await asyncio.gather(storm(shop, bodies, seed), *returns)
        await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.confirmed)
        await until_handled(shop, purchase)
        await assert_counted_once(shop, guest, purchase)


async def assert_counted_once(shop: Shop, guest: Shopper, purchase: Purchase) -> None:
    """One capture, one paid and confirmed order, one confirmation."""
    assert [(each["amount"], each["amount_refunded"]) for each in await shop.charges(purchase.id)] == [(1800, 0)]
    of_payment = "(select id from payments where order_id = %s)"
    entries = f"""select account as name, sum(amount)::int as n from ledger_entries
                  where payment_id = {of_payment} group by account"""
    assert await counts(shop, purchase, "payment", entries) == {"PROVIDER": 1800, "ORDERS": -1800}
    stream = "select type as name, count(*)::int as n from order_events where order_id = %s group by type"
    assert await counts(shop, purchase, "order", stream) == {"Placed": 1, "Paid": 1, "Confirmed": 1}
    told = "select template as name, count(*)::int as n from deliveries where subject_id = %s group by template"
    rows = {row["name"]: row["n"] for row in await shop.rows("notify", told, purchase.id)}
    assert rows["order_confirmed"] == 1
    payment = await guest.payment(purchase)
    assert (payment["state"], payment["refunds"]) == ("PAYMENT_STATE_SUCCEEDED", [])


async def test_a_tampered_unsigned_or_stale_notice_is_a_400_and_leaves_nothing(shop: Shop) -> None:
    event: Json = {"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded", "created": 1}
    body = json.dumps(event | {"data": {"object": {"id": "pi_forged", "metadata": {"marker": MARKER}}}}).encode()
    key = secret(shop)
    for signed in (
        None,
        "",
        "t=1,v1=00",
        signature(body + b" ", key),
        signature(body, "whsec_x"),
        signature(body, key, 400),
    ):
        assert await deliver(shop, body, signed) == 400
    assert await shop.rows("payment", "select id from notices where event::text like %s", f"%{MARKER}%") == []
