"""What going back in time means to payments: Stripe has not gone back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner, Result

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import query
from services.payment.adapters.notices import PostgresSweeps
from services.payment.adapters.restoring import restored
from services.payment.api.commands import commands
from services.payment.domain.sweeping import Sweep
from services.payment.main import Core
from services.payment.settings import Settings
from services.payment.use_cases.unknown import UnknownMoney
from tests.payment.conftest import Shop, running
from tests.waiting import eventually

pytestmark = pytest.mark.stack
_FORGET = query("delete from sweep")


@pytest.fixture(autouse=True)
async def first_sweep(core: Core) -> AsyncIterator[None]:
    """Nothing was ever swept."""
    yield
    async with core.database.transaction() as tx:
        await tx.execute(_FORGET)


async def go_back(core: Core, days: int = 29) -> None:
    async with core.database.transaction() as tx:
        await restored(tx, utc_now() - timedelta(days=days))


@pytest.mark.parametrize("stood", [None, Sweep(utc_now()), Sweep(utc_now()).begun(utc_now()).read("evt_1")])
async def test_stripes_list_is_read_again_from_the_beginning_of_the_window(core: Core, stood: Sweep | None) -> None:
    sweeps = PostgresSweeps(core.database)
    if stood:
        await sweeps.save(stood)
    await go_back(core)
    again = await sweeps.get()
    assert again
    assert abs(again.read_until - (utc_now() - timedelta(days=29))) < timedelta(minutes=1)
    assert (again.begin_time, again.after) == (None, "")


async def test_a_sweep_that_stood_before_the_window_begins_where_it_stood(core: Core) -> None:
    before = utc_now() - timedelta(days=40)
    await PostgresSweeps(core.database).save(Sweep(before))
    await go_back(core)
    assert await PostgresSweeps(core.database).get() == Sweep(before)


async def paid_for_nobody(shop: Shop) -> str:
    """Money that names a payment which is not here, and of which no notice tells; the payment's name."""
    lost = ids.new("pay")
    await shop.control.lose(shop.mine)
    await shop.control.pay(await shop.stray_session(lost))
    return lost


async def command(settings: Settings, *words: str) -> Result:
    """Payment's command; it has a loop of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[UnknownMoney]:
        async with running(settings) as core:
            yield core.unknown

    group = click.Group("payment", commands=commands(opened))
    return await asyncio.to_thread(CliRunner().invoke, group, ["unknown", *words])


async def found(shop: Shop, lost: str) -> str:
    """The intent of the unknown payment, once the sweep has found it."""

    async def look() -> list[str]:
        return [each.intent_id for each in await shop.core.unknown.list() if each.payment_id == lost]

    (intent,) = await eventually(look, f"money of {lost}")
    return intent


async def test_money_of_a_payment_that_is_lost_is_found_listed_and_given_back_once(
    shop: Shop, settings: Settings
) -> None:
    lost = await paid_for_nobody(shop)
    await go_back(shop.core, days=1)
    while await shop.core.reconciling.sweep():
        pass
    intent = await found(shop, lost)
    listed = [json.loads(line) for line in (await command(settings, "list")).output.splitlines()]
    assert [each["amount"] for each in listed if each["intent_id"] == intent] == [{"amount": 2500, "currency": "EUR"}]
    for _ in range(2):
        assert (await command(settings, "refund", intent)).exit_code == 0
    refunds = (await shop.stripe.v1.refunds.list_async({"payment_intent": intent})).data
    assert [each.amount for each in refunds] == [2500]


async def test_money_that_came_back_from_a_bank_can_be_given_back_again(shop: Shop, settings: Settings) -> None:
    lost = await paid_for_nobody(shop)
    await go_back(shop.core, days=1)
    while await shop.core.reconciling.sweep():
        pass
    intent = await found(shop, lost)
    assert (await command(settings, "refund", intent)).exit_code == 0
    (refund,) = (await shop.stripe.v1.refunds.list_async({"payment_intent": intent})).data
    await shop.control.fail_refund(refund.id)
    for _ in range(2):
        assert (await command(settings, "refund", intent)).exit_code == 0
    refunds = (await shop.stripe.v1.refunds.list_async({"payment_intent": intent})).data
    assert sorted(str(each.status) for each in refunds) == ["failed", "succeeded"]


async def test_only_money_that_is_nobodys_is_given_back_so(shop: Shop, settings: Settings) -> None:
    result = await command(settings, "refund", "pi_of_somebody")
    assert result.exit_code == 1
    assert "pi_of_somebody was not found" in result.output
