"""Numbers of invoices on a database of their own: no gap, whatever dies and however many come at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.tasks import Tasks
from services.payment import main
from services.payment.adapters.invoices import PostgresInvoices
from services.payment.domain import invoices as decisions
from services.payment.domain.payment import Cause, Change, Payment, Refund, RefundState
from services.payment.main import Core
from services.payment.settings import Settings
from tests.payment.building import NOW, PRICE, attempt, bill, captured, paid, payment
from tests.payment.invoice_building import draft
from tests.waiting import eventually

pytestmark = pytest.mark.stack
_SERIES = query(
    """select name, last_number, count(number) as issued, max(series_number) as highest, min(series_number) as lowest
       from invoice_series left join invoices on series = name group by name"""
)


async def assert_gapless(database: Database) -> None:
    async with database.reader() as tx:
        for row in await tx.all(_SERIES):
            assert row["last_number"] == row["issued"] == row["highest"], row
            assert row["lowest"] == 1, row


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    """A database whose series nobody else counts in."""
    return new_database(Path(main.__file__).parent / "migrations")


@pytest.fixture
async def own(url: str, settings: Settings) -> AsyncIterator[Core]:
    """Payment on that database."""
    made = main.core(settings.model_copy(update={"database_url": SecretStr(url)}))
    async with made.database, made.stripe:
        yield made


async def orders(core: Core, count: int) -> list[str]:
    """Orders with payments, as they are before Stripe was asked."""
    made = [payment(attempt(provider_id=ids.new("cs"), intent_id=ids.new("pi"))) for _ in range(count)]
    for each in made:
        await core.payments.open(each.order_id, partial(lambda known: (known, bill().contact), each))
    return [each.order_id for each in made]


async def numbers(core: Core) -> list[str]:
    async with core.database.reader() as tx:
        rows: list[Row] = await tx.all(query("select number from invoices order by series, series_number"))
    return [row["number"] for row in rows]


class Crash(BaseException):
    """Undoes whatever transaction is open, as the death of the process does."""


@asynccontextmanager
async def crashing(core: Core, crashes: bool) -> AsyncIterator[None]:
    """A transaction that dies just before its commit, where told to."""
    try:
        async with core.database.transaction():
            yield
            if crashes:
                raise Crash
    except Crash:
        pass


async def test_concurrent_invoices_of_which_some_die_before_their_commit_leave_no_gap(own: Core) -> None:
    connections = asyncio.Semaphore(8)

    async def issue(order_id: str, crashes: bool) -> None:
        async with connections, crashing(own, crashes):
            await own.invoicing.issue(draft(order_id))

    made = await orders(own, 40)
    await asyncio.gather(*(issue(order_id, number % 3 == 0) for number, order_id in enumerate(made)))
    await assert_gapless(own.database)
    assert len(await numbers(own)) == 26
    await asyncio.gather(*(issue(order_id, False) for order_id in made))
    await assert_gapless(own.database)
    year = datetime.now(UTC).year
    assert await numbers(own) == [f"INV-{year}-{number:06d}" for number in range(1, 41)]


async def test_a_backend_that_is_killed_while_it_holds_the_series_gives_its_number_back(own: Core, url: str) -> None:
    first, second = await orders(own, 2)
    with pytest.raises(psycopg.OperationalError):
        async with own.database.transaction() as tx:
            await own.invoicing.issue(draft(first))
            pid = tx.connection.info.backend_pid
            other = asyncio.create_task(own.invoicing.issue(draft(second)))
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
                waiting = "select true from pg_stat_activity where %s = any(pg_blocking_pids(pid))"

                async def waits() -> bool:
                    return await (await admin.execute(waiting, (pid,))).fetchone() is not None

                await eventually(waits, "the second to wait for the number")
                await admin.execute("select pg_terminate_backend(%s)", (pid,))
                await other
    await own.invoicing.issue(draft(first))
    await assert_gapless(own.database)
    issued = [invoice for order_id in (second, first) for invoice in await own.invoicing.of_order(order_id, "", 9)]
    assert [invoice.number[-6:] for invoice in issued] == ["000001", "000002"]


async def test_a_restored_shop_goes_on_in_a_new_series(own: Core) -> None:
    before, after = await orders(own, 2)
    await own.invoicing.issue(draft(before))
    async with own.database.transaction() as tx:
        await tx.execute(query("update chassis_state set incarnation = 2"))
    await own.invoicing.issue(draft(after))
    year = datetime.now(UTC).year
    assert await numbers(own) == [f"INV-{year}-000001", f"INV-{year}R2-000001"]


def decision(document: decisions.Document) -> Callable[..., decisions.Document]:
    """Issues a document whatever there is."""
    return lambda *_: document


async def test_within_a_series_dates_do_not_run_backwards_and_years_are_those_of_the_shops_zone(own: Core) -> None:
    evening = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    clock = iter([evening, evening - timedelta(seconds=5), evening + timedelta(hours=1)])
    store = PostgresInvoices(own.database, own.payments, Tasks(), partial(next, clock), "Europe/Vienna")
    made = [await store.issue(order_id, decision(draft(order_id))) for order_id in await orders(own, 3)]
    issued = [each for each in made if each]
    assert [each.number for each in issued] == ["INV-2026-000001", "INV-2026-000002", "INV-2027-000001"]
    assert issued[1].issue_time == issued[0].issue_time


async def test_the_database_refuses_a_number_that_leaves_a_gap(own: Core) -> None:
    [order_id] = await orders(own, 1)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with own.database.transaction() as tx:
            await own.invoicing.issue(draft(order_id))
            await tx.execute(query("update invoice_series set last_number = last_number + 1"))
            [another] = await orders(own, 1)
            await own.invoicing.issue(draft(another))
    assert await numbers(own) == []


async def settled(core: Core) -> Payment:
    """A payment that was captured and has no invoice yet."""
    made = paid(captured(provider_id=ids.new("cs"), intent_id=ids.new("pi")))
    return await core.payments.open(made.order_id, lambda: (made, bill().contact))


async def refund(core: Core, payment: Payment) -> None:
    """All of it goes back."""
    made = Refund(ids.new("ref"), 1, payment.attempts[0].id, PRICE, Cause.STAFF, RefundState.SUCCEEDED, NOW)
    await core.payments.update(payment.id, lambda known: Change(known.with_refund(made)))


async def test_crediting_at_once_from_many_places_credits_once(own: Core) -> None:
    made = await settled(own)
    order_id = made.order_id
    await refund(own, made)
    await own.invoicing.issue(draft(order_id))
    async with own.database.transaction():
        await own.payments.locked(order_id)
        crediting = [asyncio.create_task(own.invoicing.credit(order_id)) for _ in range(6)]
        await until_blocked(own.database, 6)
    await asyncio.gather(*crediting)
    assert len(await own.invoicing.of_order(order_id, "", 9)) == 2
    await assert_gapless(own.database)


async def test_an_invoice_that_is_issued_while_a_refund_is_written_down_sees_it(own: Core) -> None:
    """The refund's own crediting may have looked before there was an invoice."""
    made = await settled(own)
    async with own.database.transaction() as tx:
        await refund(own, made)
        issuing = asyncio.create_task(own.invoicing.issue(draft(made.order_id)))
        await until_blocked(own.database, 1)
        await tx.execute(query("delete from tasks where kind = 'credit'"))
    await issuing
    async with own.database.reader() as tx:
        assert [row["key"] for row in await tx.all(query("select key from tasks where kind = 'credit'"))] == [
            made.order_id
        ]


async def until_blocked(database: Database, count: int) -> None:
    """Waits until so many connections to this database wait for a lock."""
    waiting = query(
        """select count(*) as blocked from pg_stat_activity
           where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0"""
    )

    async def look() -> bool:
        async with database.reader() as tx:
            row = await tx.one(waiting)
        return row is not None and row["blocked"] == count

    async def blocked() -> bool:
        # In a task of its own, so by another connection: within a transaction these statistics stand still.
        return await asyncio.create_task(look())

    await eventually(blocked, f"{count} to wait")
