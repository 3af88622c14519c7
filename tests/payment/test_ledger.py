"""The ledger: what moved stands in it, sums to zero and never changes; the database itself refuses anything else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.money import Money
from services.payment.domain.payment import Cause, Dispute, Payment, State
from services.payment.settings import Settings
from tests.payment.conftest import Shop, running
from tests.payment.test_staff_refunds import ask, paid
from tests.waiting import eventually

pytestmark = pytest.mark.stack
Connection = psycopg.AsyncConnection[dict[str, Any]]
_ENTER = """insert into ledger_entries
            values (%(id)s, %(transaction_id)s, %(payment_id)s, %(kind)s, %(subject)s, %(account)s, %(amount)s,
                    %(currency)s, now())"""
_BOOK = """select kind, account, sum(amount)::int as amount from ledger_entries where payment_id = %s
           group by kind, account order by kind, account"""


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[Connection]:
    """Payment's own role, without payment's code."""
    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as opened:
        yield opened


async def book(connection: Connection, payment_id: str) -> list[tuple[str, str, int]]:
    """Kind, account and what it comes to."""
    rows = await (await connection.execute(_BOOK, (ids.uuid_of(payment_id),))).fetchall()
    await connection.commit()
    return [(row["kind"], row["account"], row["amount"]) for row in rows]


async def enter(connection: Connection, payment_id: str, transaction_id: UUID, **given: Any) -> None:
    values: dict[str, Any] = {"kind": "CAPTURE", "subject": ids.new("att"), "account": "PROVIDER", "currency": "EUR"}
    values |= {"id": ids.new_uuid(), "transaction_id": transaction_id, "payment_id": ids.uuid_of(payment_id)}
    await connection.execute(_ENTER, values | given)


async def paid_unnoticed(shop: Shop) -> Payment:
    """The payment as it was before its money came, of which no notice told."""
    await shop.control.lose(shop.mine)
    payment = await shop.create()
    await shop.pay()
    return payment


async def test_a_capture_and_a_refund_are_entered_once(shop: Shop, connection: Connection) -> None:
    payment = await paid(shop)
    capture = [("CAPTURE", "ORDERS", -1500), ("CAPTURE", "PROVIDER", 1500)]
    assert await book(connection, payment.id) == capture
    await ask(shop, 3)
    await shop.until_fulfilled("STAFF")
    await shop.core.refunding.sync(await shop.payment())
    assert await book(connection, payment.id) == [*capture, ("REFUND", "ORDERS", 1000), ("REFUND", "PROVIDER", -1000)]


async def test_money_that_pays_no_order_has_an_account_of_its_own_and_leaves_it(
    shop: Shop, connection: Connection
) -> None:
    payment = await shop.create()
    await shop.control.pay(await shop.stray_session(payment.id, amount=2400))
    await shop.until_fulfilled("MISMATCH")
    assert await book(connection, payment.id) == [
        ("CAPTURE", "PROVIDER", 2400),
        ("CAPTURE", "RETURNS", -2400),
        ("REFUND", "PROVIDER", -2400),
        ("REFUND", "RETURNS", 2400),
    ]


async def test_a_refund_that_comes_back_and_a_dispute_are_entered(shop: Shop, connection: Connection) -> None:
    payment = await paid(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    await shop.until_fulfilled("ORDER_CANCELED")
    await shop.control.keep_refunds_pending(shop.mine)
    await shop.control.fail_refund((await shop.payment()).refunds[0].provider_id)
    await shop.until_events("PaymentSucceeded", "PaymentRefunded", "PaymentRefundFailed")

    async def returned() -> bool:
        amounts = {(kind, account): amount for kind, account, amount in await book(connection, payment.id)}
        return amounts["REFUND", "PROVIDER"] == 0

    await eventually(returned, "the refund to come back")
    other = Shop(shop.core, shop.control, shop.stripe)
    disputed = await paid(other)
    await shop.control.dispute(disputed.attempts[0].intent_id, amount=700)

    async def taken() -> bool:
        entries = await book(connection, disputed.id)
        return ("DISPUTE", "DISPUTES", 700) in entries and ("DISPUTE", "PROVIDER", -700) in entries

    await eventually(taken, "the dispute")


async def test_a_transaction_that_fails_leaves_neither_the_capture_nor_its_entry(
    shop: Shop, connection: Connection
) -> None:
    payment = await paid_unnoticed(shop)

    async def fail_after_settling() -> None:
        async with shop.core.database.transaction():
            verified = await shop.core.reader.verify(payment)
            assert verified.payment.state is State.SUCCEEDED
            raise RuntimeError("the handler failed")

    with pytest.raises(RuntimeError, match="the handler failed"):
        await fail_after_settling()
    assert (await shop.payment(), await shop.events()) == (payment, [])
    assert await book(connection, payment.id) == []


async def test_a_capture_that_the_ledger_refuses_is_not_recorded(shop: Shop, connection: Connection) -> None:
    payment, transaction_id = await paid_unnoticed(shop), ids.new_uuid()
    for account, amount in (("PROVIDER", 2500), ("ORDERS", -2500)):
        values = {"account": account, "amount": amount, "subject": payment.attempts[0].id}
        await enter(connection, payment.id, transaction_id, **values)
    await connection.commit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        await shop.core.reader.verify(payment)
    assert (await shop.payment(), await shop.events()) == (payment, [])


async def test_an_entry_is_of_payments_own_clock(shop: Shop, connection: Connection, settings: Settings) -> None:
    payment, moved = await paid(shop), timedelta(days=3)
    async with running(settings, moved) as later:
        claim = Dispute(f"dp_{payment.id}", payment.attempts[0].id, Money(700, "EUR"), "needs_response")
        await later.refunding.record_dispute(payment, claim)
    rows = await connection.execute("select entry_time from ledger_entries where subject = %s", (claim.id,))
    assert {row["entry_time"] > utc_now() + moved / 2 for row in await rows.fetchall()} == {True}


@pytest.mark.parametrize(
    "statement",
    ["update ledger_entries set amount = amount", "delete from ledger_entries", "truncate ledger_entries"],
)
async def test_no_entry_is_ever_changed_or_removed(connection: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        await connection.execute(statement)


async def test_what_does_not_sum_to_zero_in_each_currency_is_not_committed(shop: Shop, connection: Connection) -> None:
    payment = await shop.create()
    wrong: list[list[dict[str, Any]]] = [
        [{"amount": 5}],
        [{"amount": 5}, {"amount": -4, "account": "ORDERS"}],
        [{"amount": 5}, {"amount": -5, "account": "ORDERS", "currency": "USD"}],
    ]
    for entries in wrong:
        transaction_id = ids.new_uuid()
        for entry in entries:
            await enter(connection, payment.id, transaction_id, **entry)
        with pytest.raises(psycopg.errors.CheckViolation):
            await connection.commit()
    assert await book(connection, payment.id) == []


async def test_the_same_capture_is_not_entered_twice(shop: Shop, connection: Connection) -> None:
    payment = await paid(shop)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await enter(connection, payment.id, ids.new_uuid(), subject=payment.attempts[0].id, amount=1500)
