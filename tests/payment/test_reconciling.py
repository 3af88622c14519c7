"""What no notice told is found all the same, however much there is of it and however long we were away."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import query
from services.payment.adapters import repository, stripe_requests
from services.payment.adapters.notices import PostgresSweeps
from services.payment.domain.payment import Cause, RefundState, State
from services.payment.domain.sweeping import EVENTS_KEPT, Sweep
from services.payment.main import Core
from services.payment.settings import Settings
from tests.payment.building import bill
from tests.payment.conftest import Shop, running
from tests.waiting import eventually

pytestmark = pytest.mark.stack
_FORGET = query("delete from sweep")
_CAPTURES = query("select * from unknown_captures where payment_id = %(payment_id)s")
_SETTLE = query("select count(*) as count from tasks where kind = 'settle' and key = any(%(keys)s)")


@pytest.fixture(autouse=True)
async def first_sweep(core: Core) -> AsyncIterator[None]:
    """Nothing was ever swept; clocks that a test moves are forgotten."""
    yield
    async with core.database.transaction() as tx:
        await tx.execute(_FORGET)


async def sweep(core: Core) -> list[str]:
    """A whole sweep; where it stood after each page but the last."""
    stood = []
    while await core.reconciling.sweep():
        under_way = await PostgresSweeps(core.database).get()
        assert under_way
        stood.append(under_way.after)
    return stood


async def paid_unnoticed(shop: Shop) -> None:
    """Paid, and every notice of it lost."""
    await shop.control.lose(shop.mine)
    await shop.create()
    await shop.pay()


async def test_a_payment_whose_notices_were_lost_is_found(shop: Shop) -> None:
    await paid_unnoticed(shop)
    await sweep(shop.core)
    await shop.until_events("PaymentSucceeded")


async def test_a_list_of_many_pages_is_read_to_its_end_and_no_page_twice(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_requests, "PAGE", 3)
    await paid_unnoticed(shop)
    for _ in range(3):
        await shop.control.pay(await shop.stray_session(ids.new("pay")))
    assert await shop.core.reconciling.sweep()
    first = await PostgresSweeps(shop.core.database).get()
    assert first
    async with running(settings) as restarted:
        stood = [first.after, *await sweep(restarted)]
    assert len(stood) >= 2
    assert len(set(stood)) == len(stood)
    await shop.until_events("PaymentSucceeded")


async def test_an_absence_longer_than_the_first_window_loses_nothing(shop: Shop, settings: Settings) -> None:
    await sweep(shop.core)
    await paid_unnoticed(shop)
    page = await shop.stray_session((await shop.payment()).id)
    await shop.control.pay(page)
    async with running(settings, moved=timedelta(days=3)) as back:
        await sweep(back)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")
    await shop.until_fulfilled("LATE_CAPTURE")


async def test_a_refund_that_failed_later_unnoticed_is_made_again(shop: Shop) -> None:
    await shop.create()
    await shop.pay()
    await shop.until_events("PaymentSucceeded")
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    await shop.control.lose(shop.mine)
    (refund,) = (await shop.payment()).refunds
    await shop.control.fail_refund(refund.provider_id)
    await sweep(shop.core)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded", "PaymentRefundFailed", "PaymentRefunded")
    assert [each.state for each in (await shop.payment()).refunds] == [RefundState.FAILED, RefundState.SUCCEEDED]


async def test_a_refund_made_at_stripe_unnoticed_is_recorded(shop: Shop) -> None:
    await shop.create()
    await shop.pay()
    await shop.until_events("PaymentSucceeded")
    await shop.control.lose(shop.mine)
    await shop.control.refund((await shop.payment()).attempts[0].intent_id, amount=1000)
    await sweep(shop.core)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded")


async def test_what_the_webhook_brought_is_not_handled_again(shop: Shop) -> None:
    await shop.create()
    await shop.pay()
    await shop.until_events("PaymentSucceeded")

    async def handled() -> bool:
        rows = await shop.notices(shop.order_id)
        return len(rows) >= 4 and {row["state"] for row in rows} <= {"HANDLED", "IGNORED"}

    await eventually(handled, "the notices")
    before = {row["id"] for row in await shop.notices(shop.order_id)}
    await sweep(shop.core)
    assert {row["id"] for row in await shop.notices(shop.order_id)} == before
    assert await handled()


async def test_money_of_an_unknown_payment_is_kept_for_staff_with_an_alarm(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms: list[str] = []
    stranger = ids.new("pay")
    monkeypatch.setattr(
        shop.core.notices._alarms, "raise_alarm", lambda kind, **about: alarms.append(about["payment_id"])
    )
    await shop.control.lose(shop.mine)
    await shop.control.pay(await shop.stray_session(stranger))
    await sweep(shop.core)

    async def kept() -> bool:
        async with shop.core.database.reader() as tx:
            return [row["amount"] for row in await tx.all(_CAPTURES, payment_id=stranger)] == [2500]

    await eventually(kept, "the capture")
    assert stranger in alarms


async def test_a_sweep_whose_place_is_gone_from_the_list_begins_anew(shop: Shop) -> None:
    await paid_unnoticed(shop)
    now = utc_now()
    await PostgresSweeps(shop.core.database).save(Sweep(now, now, "evt_that_stripe_has_forgotten"))
    await sweep(shop.core)
    await shop.until_events("PaymentSucceeded")


async def test_an_absence_longer_than_stripe_keeps_events_raises_an_alarm(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms: list[str] = []
    monkeypatch.setattr(shop.core.reconciling._alarms, "raise_alarm", lambda kind, **about: alarms.append(kind))
    await PostgresSweeps(shop.core.database).save(Sweep(utc_now() - EVENTS_KEPT - timedelta(days=1)))
    await shop.core.reconciling.sweep()
    assert "EVENTS_MISSED" in alarms


async def test_every_unfinished_payment_gets_a_task_however_many_there_are(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "BATCH", 2)
    payments = [await shop.core.creating.create(bill()) for _ in range(5)]
    async with running(settings) as stopped, stopped.database.transaction() as tx:
        await stopped.payments.settle_unfinished(utc_now() + timedelta(hours=1))
        found = await tx.one(_SETTLE, keys=[payment.id for payment in payments])
    assert found == {"count": 5}


async def test_an_open_payment_that_was_paid_is_settled_by_its_task(shop: Shop, settings: Settings) -> None:
    await paid_unnoticed(shop)
    async with running(settings, moved=timedelta(hours=3)) as later:
        await later.reconciling.settle_unfinished()
    assert (await shop.until_state(State.SUCCEEDED)).captured == shop.bill.total
