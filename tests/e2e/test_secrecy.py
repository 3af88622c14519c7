"""Where secrets and personal data of a purchase are, and where they must not be: looked for in every log, table and span."""

import json

import psycopg
import pytest
from psycopg import sql

from deploy.local import databases
from deploy.local.installation import SERVICES
from services.chassis import ids
from tests.e2e.api import Json
from tests.e2e.shop import PASSWORD, Shop
from tests.e2e.shopper import EMBEDDED, GOOD_CARD, HOSTED, Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack
PERSONAL = {
    "auth.users",
    "auth.outbox",
    "order.order_contacts",
    "order.outbox",
    "payment.payment_contacts",
    "payment.outbox",
    "notify.deliveries",
}


def tables_with(shop: Shop, text: str) -> set[str]:
    """Every table, as "service.table", in a row of which the text occurs, also within binary columns."""
    found = set()
    for service in databases.WITH_DATABASE:
        with psycopg.connect(databases.url(service, shop.stack.installation)) as connection:
            names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
            found |= {f"{service}.{name}" for (name,) in names if occurs(connection, name, text)}
    return found


def occurs(connection: psycopg.Connection, table: str, text: str) -> bool:
    statement = "select 1 from {table} as t where t::text like any(%s) limit 1"
    patterns = [f"%{text}%", f"%{text.encode().hex()}%"]
    query = sql.SQL(statement).format(table=sql.Identifier(table))
    return connection.execute(query, [patterns]).fetchone() is not None


async def spans_to_the_mail(shop: Shop, trace_id: str) -> list[Json]:
    """The trace's spans, once its last part is there."""

    async def look() -> list[Json] | None:
        spans = await shop.spans(trace_id)
        return spans if any(span.get("name") == "smtp send" for span in spans) else None

    return await eventually(look, f"the mail in trace {trace_id}")


@pytest.mark.parametrize("flow", [HOSTED, EMBEDDED])
async def test_secrets_are_in_no_log_table_or_span_and_personal_data_only_where_it_can_be_erased(
    shop: Shop, flow: str
) -> None:
    async with Shopper(shop) as customer:
        await customer.register()
        purchase = await customer.buy(await shop.variant(), flow=flow)
        await (customer.pay(purchase) if flow == HOSTED else customer.confirm(purchase))
        await customer.mail(purchase.confirmed)
        await customer.mail(purchase.invoiced)
        secret = purchase.answer.get("clientSecret", "")
        tokens = (customer.session["accessToken"], customer.session["refreshToken"], purchase.answer["orderToken"])
        secrets = [text for text in (*tokens, PASSWORD, GOOD_CARD, secret) if text]
        logs = {name: shop.stack.supervisor.log(name).read_text(errors="replace") for name in (*SERVICES, "edge")}
        spans = json.dumps(await spans_to_the_mail(shop, purchase.trace_id))
        for text in (*secrets, customer.email):
            assert not [name for name, log in logs.items() if text in log]
            assert text not in spans
        assert [tables_with(shop, text) for text in secrets] == [set()] * len(secrets)
        assert tables_with(shop, customer.email) == PERSONAL


async def test_the_keys_of_a_guest_are_in_no_log_and_no_span(shop: Shop) -> None:
    async with Shopper(shop) as guest:
        purchase = await guest.buy(await shop.variant())
        await guest.pay(purchase)
        await guest.mail(purchase.confirmed)
        spans = json.dumps(await shop.spans(purchase.trace_id))
        logs = {name: shop.stack.supervisor.log(name).read_text(errors="replace") for name in (*SERVICES, "edge")}
        for key in (guest.cart_id, purchase.answer["orderToken"]):
            assert not [name for name, log in logs.items() if key in log]
            assert key not in spans


async def test_an_orders_stream_holds_no_personal_data(shop: Shop) -> None:
    async with Shopper(shop) as guest:
        purchase = await guest.buy(await shop.variant())
        await guest.cancel(purchase, "because Grandmother Weatherwax said so")
        await guest.until(purchase, "CANCELED")
        statement = "select string_agg(encode(payload, 'escape'), ' ') as all from order_events where order_id = %s"
        row = await shop.row("order", statement, ids.uuid_of(purchase.id))
        assert row
        assert guest.name not in row["all"]
        assert "Weatherwax" not in row["all"]
