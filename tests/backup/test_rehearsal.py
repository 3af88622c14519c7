"""A shop whose stores burn comes back from its backup: with every earlier order, and with all money accounted for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
import pytest_asyncio

from ops.audit.auditing import Patience, Result
from ops.audit.check import Check
from ops.audit.checks import CHECKS
from ops.audit.cli import run, silent
from tests.audited import REST_S, UNTIL_IT_IS_CLEAN, settings
from tests.backup.rehearsal import Story
from tests.backup.stack import own_stack
from tests.e2e.api import Refused, cents
from tests.e2e.shop import PASSWORD, Stock
from tests.waiting import eventually, until

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(120)]
TWO_LOOKS = Patience(age=timedelta(0), pause=timedelta(seconds=1), looks=2)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def story() -> AsyncIterator[Story]:
    """Told once; the tests are its end, in their order."""
    with own_stack() as stack:
        told = Story(stack)
        try:
            await told.tell()
            print({step: round(seconds, 1) for step, seconds in told.seconds.items()})
            yield told
        finally:
            await told.end()


async def test_an_order_of_before_stands_as_it_stood(story: Story) -> None:
    alice, purchase = story.people["alice"], story.purchases["alice"]
    assert (await alice.order(purchase))["state"] == "ORDER_STATE_CONFIRMED"
    invoices = await alice.api.send("GET", f"/api/v1/orders/{purchase.id}/invoices", purchase.proof)
    assert len(invoices.json()["invoices"]) == 1


async def test_what_was_paid_and_refunded_since_then_is_found_at_stripe(story: Story) -> None:
    bob, carol = story.people["bob"], story.people["carol"]
    await bob.until(story.purchases["bob"], "CONFIRMED")

    async def given_back() -> int:
        payment = await carol.payment(story.purchases["carol"])
        return cents(payment["refunded"]) if "refunded" in payment else 0

    assert await eventually(given_back, "Carol's refund") == 1000


async def test_money_of_orders_that_are_lost_is_found_also_where_it_comes_late(story: Story) -> None:
    frank = story.people["frank"]
    await frank.pay(story.purchases["frank"])
    found = await story.unknown("erin", "frank", "gina")
    assert {name: each["amount"] for name, each in found.items()} == dict.fromkeys(found, 1000)

    def alarmed() -> bool:
        lines = story.stack.supervisor.log("payment").read_text().splitlines()
        alarms = [line for line in lines if "UNKNOWN_PAYMENT" in line]
        return all(any(each["payment_id"] in line for line in alarms) for each in found.values())

    await until(alarmed, "an alarm for each")
    with pytest.raises(Refused) as refused:
        await frank.order(story.purchases["frank"])
    assert refused.value.status == 404


async def test_whoever_was_logged_in_logs_in_again_and_who_registered_since_registers_again(story: Story) -> None:
    dave, henry = story.people["dave"], story.lost_user
    with pytest.raises(Refused) as refused:
        await dave.api.get("/api/v1/me")
    assert refused.value.reason == "INVALID_TOKEN"
    dave.api.token = henry.api.token = ""
    with pytest.raises(Refused) as refused:
        await dave.api.post("/api/v1/sessions:refresh", {"refreshToken": dave.session["refreshToken"]})
    assert (refused.value.status, refused.value.reason) == (401, "REFRESH_TOKEN_INVALID")
    assert (await dave.log_in()).user["id"] == dave.user["id"]
    with pytest.raises(Refused):
        await henry.api.post("/api/v1/sessions", {"email": henry.email, "password": PASSWORD})
    await henry.register()


async def test_the_next_invoice_is_of_a_new_series(story: Story) -> None:
    await story.orders("ivan")
    ivan, purchase = story.people["ivan"], story.purchases["ivan"]
    answer = await ivan.api.send("GET", f"/api/v1/orders/{purchase.id}/invoices", purchase.proof)
    (invoice,) = answer.json()["invoices"]
    assert "R2" in invoice["number"]


async def audited(story: Story, checks: Sequence[Check], patience: Patience) -> list[Result]:
    return await run(await asyncio.to_thread(settings, story.stack), [*checks], patience, story.began, REST_S, silent)


async def test_the_audit_names_the_money_of_lost_orders_and_nothing_else_until_staff_give_it_back(story: Story) -> None:
    found = await story.unknown("erin", "frank", "gina")
    kept = {found[name]["intent_id"] for name in ("erin", "frank")}
    results = await audited(story, CHECKS, TWO_LOOKS)
    assert [result.error for result in results if result.error] == []
    findings = {(result.check.name, subject) for result in results for subject in result.findings}
    assert findings == {("stripe_money", intent) for intent in kept}
    await asyncio.gather(*map(story.gives_back, kept))
    results = await audited(story, CHECKS, UNTIL_IT_IS_CLEAN)
    assert not [finding for result in results for finding in result.findings]


async def test_mails_of_before_are_not_sent_again_when_all_events_have_come_again(story: Story) -> None:
    """The audit before waited for that: every event is published and handled."""
    alice = story.people["alice"]
    mails = [mail["Message-ID"] for mail in await story.shop.mailbox.to(alice.email)]
    assert mails == story.mails["alice"]


async def test_units_of_lost_orders_are_free_again(story: Story) -> None:
    async def settled() -> bool:
        return await story.shop.stock(story.variant) == Stock(100, 94, 0, 6)

    await until(settled, "stock of Alice 2, Bob 1, Carol 2, Ivan 1")
