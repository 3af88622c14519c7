"""Refunds by staff, over REST: by line and whole, at the same moment, and what the customer learns of them."""

import asyncio

import pytest

from services.chassis import ids
from tests.e2e.api import Json, Refused, cents, request_id
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Purchase, Shopper, text_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack
REASON = "One came broken; we are sorry."


async def bought(guest: Shopper, *variants: tuple[Variant, int]) -> Purchase:
    """A confirmed order."""
    for variant, quantity in variants:
        await guest.add(variant, quantity)
    purchase = await guest.place()
    await guest.pay(purchase)
    await guest.until(purchase, "CONFIRMED")
    return purchase


async def refund(shop: Shop, purchase: Purchase, *units: tuple[Variant, int], **changes: str) -> Json:
    """Staff give back units, or everything that is left."""
    lines = [{"variantId": variant.id, "quantity": quantity} for variant, quantity in units]
    body = {"requestId": request_id(), "reason": REASON, "lines": lines, **changes}
    return await shop.staff.post(f"/api/v1/orders/{purchase.id}/payment:refund", body)


async def until_refunded(guest: Shopper, purchase: Purchase, amount: int) -> Json:
    """The payment, once the order and it say that this much went back."""

    async def look() -> Json | None:
        order, payment = await guest.order(purchase), await guest.payment(purchase)
        shown = [cents(each["refunded"]) if "refunded" in each else 0 for each in (order, payment)]
        return payment if shown == [amount, amount] else None

    return await eventually(look, f"{amount} of {purchase.id} to go back")


async def kept(shop: Shop, purchase: Purchase) -> list[tuple[int, int]]:
    """What was charged at Stripe and what of it went back."""
    return [(each["amount"], each["amount_refunded"]) for each in await shop.charges(purchase.id)]


async def refunds_at_stripe(shop: Shop, purchase: Purchase) -> list[Json]:
    (intent,) = await shop.intents(purchase.id)
    return list((await shop.from_stripe("/v1/refunds", payment_intent=intent))["data"])


async def books(shop: Shop, purchase: Purchase) -> dict[str, int]:
    """The ledger's accounts for an order."""
    statement = """select account, sum(amount)::int as amount from ledger_entries
                   where payment_id = (select id from payments where order_id = %s) group by account"""
    rows = await shop.rows("payment", statement, ids.uuid_of(purchase.id))
    return {row["account"]: row["amount"] for row in rows}


async def test_staff_refund_a_unit_and_then_the_rest_and_the_customer_is_told_why(shop: Shop) -> None:
    tea, cup = await shop.variant(price=1000), await shop.variant(price=1500)
    async with Shopper(shop) as guest:
        purchase = await bought(guest, (tea, 3), (cup, 1))
        answer = await refund(shop, purchase, (tea, 1))
        assert (answer["state"], answer["cause"]) == ("REFUND_STATE_PENDING", "REFUND_CAUSE_STAFF")
        assert cents(answer["amount"]) == 1000
        (shown,) = (await until_refunded(guest, purchase, 1000))["refunds"]
        assert (shown["id"], shown["state"], shown["reason"]) == (answer["id"], "REFUND_STATE_SUCCEEDED", REASON)
        mail = text_of(await guest.mail(purchase.refunded))
        title = purchase.answer["order"]["lines"][0]["title"]
        assert REASON in mail
        assert f"- 1 × {title}: €10.00" in mail
        await refund(shop, purchase)
        payment = await until_refunded(guest, purchase, 4500)
        assert [line["quantity"] for line in payment["refunds"][1]["lines"]] == [2, 1]
        assert await kept(shop, purchase) == [(4500, 4500)]
        assert await books(shop, purchase) == {"PROVIDER": 0, "ORDERS": 0}
        assert (await guest.order(purchase))["state"] == "ORDER_STATE_CONFIRMED"


async def test_what_cannot_be_refunded_is_refused_and_changes_nothing(shop: Shop) -> None:
    tea = await shop.variant(price=1000)
    async with Shopper(shop) as guest:
        unpaid = await guest.buy(tea)
        purchase = await bought(guest, (tea, 2))
        for wanted, why in [(unpaid, "PAYMENT_NOT_CAPTURED"), (purchase, "REFUND_EXCEEDS_LINE")]:
            with pytest.raises(Refused) as refused:
                await refund(shop, wanted, (tea, 9))
            assert (refused.value.status, refused.value.reason) == (400, why)
        with pytest.raises(Refused) as refused:
            await refund(shop, purchase, reason="")
        assert refused.value.fields == {"reason"}
        with pytest.raises(Refused) as refused:
            await guest.api.post(f"/api/v1/orders/{purchase.id}/payment:refund", {"reason": REASON}, purchase.proof)
        assert refused.value.status == 401
        assert (await guest.payment(purchase))["refunds"] == []


async def test_several_staff_and_a_cancellation_at_once_give_back_exactly_what_was_paid(shop: Shop) -> None:
    tea = await shop.variant(price=1000)
    async with Shopper(shop) as guest:
        purchase = await bought(guest, (tea, 3))
        asked = [refund(shop, purchase, (tea, 2)) for _ in range(4)]
        *answers, _ = await asyncio.gather(*asked, guest.cancel(purchase), return_exceptions=True)
        refusals = {answer.reason for answer in answers if isinstance(answer, Refused)}
        assert refusals <= {"REFUND_EXCEEDS_LINE", "REFUND_EXCEEDS_CAPTURE", "NOTHING_TO_REFUND"}
        made = [answer for answer in answers if not isinstance(answer, BaseException)]
        assert len(made) <= 1, "two units twice are more than three"
        payment = await until_refunded(guest, purchase, 3000)
        assert sum(cents(each["amount"]) for each in payment["refunds"]) == 3000
        assert await kept(shop, purchase) == [(3000, 3000)]
        assert await books(shop, purchase) == {"PROVIDER": 0, "ORDERS": 0}
        await guest.until(purchase, "CANCELED")


async def test_a_refund_by_staff_that_comes_back_counts_nowhere_until_they_make_it_again(shop: Shop) -> None:
    tea = await shop.variant(price=1000)
    async with Shopper(shop) as guest:
        purchase = await bought(guest, (tea, 3))
        await refund(shop, purchase, (tea, 1))
        await until_refunded(guest, purchase, 1000)
        (made,) = await refunds_at_stripe(shop, purchase)
        await shop.stripe.fail_refund(made["id"])
        payment = await until_refunded(guest, purchase, 0)
        assert [each["state"] for each in payment["refunds"]] == ["REFUND_STATE_FAILED"]
        assert await kept(shop, purchase) == [(3000, 0)]
        assert await books(shop, purchase) == {"PROVIDER": 3000, "ORDERS": -3000}
        await refund(shop, purchase, (tea, 1))
        await until_refunded(guest, purchase, 1000)
        assert await kept(shop, purchase) == [(3000, 1000)]

        async def told() -> bool:
            return len(await guest.mails(purchase.refunded)) == 2

        await eventually(told, "the mail of each refund that arrived; of the failure an alarm tells staff alone")
