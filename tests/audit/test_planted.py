"""Each kind of damage, done by hand: its check finds it, and nothing else; put right, it finds nothing."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import pytest

from deploy.local import environment
from ops.audit.stores import least_id
from services.chassis import ids
from tests.audit.conftest import Bought
from tests.e2e.api import Json
from tests.e2e.shop import Shop
from tests.waiting import eventually

pytestmark = pytest.mark.stack
Damage = tuple[str, str, str]
ORDER, VARIANT = "order", "variant"
EVENTS = {
    "order.payments": ("order", "payment", "PaymentSucceeded"),
    "payment.orders": ("payment", "order", "OrderConfirmed"),
    "notify.orders": ("notify", "order", "OrderConfirmed"),
    "notify.payments": ("notify", "payment", "InvoiceIssued"),
}
"""For each group that handled something of the purchase: its service, an event's producer, and the event."""
# check, whose subject, database, damage, remedy. %s stands for the order, or for the variant.
ROWS = {
    "a capture of another amount": (
        ("order_money", ORDER, "payment"),
        "update attempts set captured_amount = captured_amount - 1 from payments p where p.id = payment_id and p.order_id = %s",
        "update attempts set captured_amount = captured_amount + 1 from payments p where p.id = payment_id and p.order_id = %s",
    ),
    "a capture that the order never heard of": (
        ("order_money", ORDER, "order"),
        "update order_events set type = 'ContactChanged' where order_id = %s and type = 'Paid'",
        "update order_events set type = 'Paid' where order_id = %s and type = 'ContactChanged'",
    ),
    "an ended order that kept its money": (
        ("order_money", ORDER, "order"),
        "update order_events set type = 'Canceled' where order_id = %s and type = 'Confirmed'",
        "update order_events set type = 'Confirmed' where order_id = %s and type = 'Canceled'",
    ),
    "units that no movement explains": (
        ("stock", VARIANT, "catalog"),
        "update stock set free = free - 1, reserved = reserved + 1 where variant_id = %s",
        "update stock set free = free + 1, reserved = reserved - 1 where variant_id = %s",
    ),
    "a movement that is gone": (
        ("stock", VARIANT, "catalog"),
        "update stock_changes set version = -version where variant_id = %s and version = 2",
        "update stock_changes set version = -version where variant_id = %s and version = -2",
    ),
    "a sale that no order bought": (
        ("stock", VARIANT, "catalog"),
        "update reservation_lines set quantity = quantity + 1 where variant_id = %s",
        "update reservation_lines set quantity = quantity - 1 where variant_id = %s",
    ),
    "a reservation of an order that is over": (
        ("reservations", ORDER, "catalog"),
        "update reservations set state = 'RESERVED', expire_time = expire_time + interval '1 day' where order_id = %s",
        "update reservations set state = 'SOLD', expire_time = expire_time - interval '1 day' where order_id = %s",
    ),
    "a confirmed order whose stock went back": (
        ("reservations", ORDER, "catalog"),
        "update reservations set state = 'RELEASED' where order_id = %s",
        "update reservations set state = 'SOLD' where order_id = %s",
    ),
    "a paid order that waits": (
        ("waiting_orders", ORDER, "order"),
        "update order_streams set state = 'PAID' where order_id = %s",
        "update order_streams set state = 'CONFIRMED' where order_id = %s",
    ),
    "an unpaid order behind its deadline": (
        ("waiting_orders", ORDER, "order"),
        "update order_streams set state = 'PLACED', expire_time = expire_time - interval '1 day' where order_id = %s",
        "update order_streams set state = 'CONFIRMED', expire_time = expire_time + interval '1 day' where order_id = %s",
    ),
    "a head row that is not its stream's": (
        ("read_model", ORDER, "order"),
        "update order_streams set version = version + 1 where order_id = %s",
        "update order_streams set version = version - 1 where order_id = %s",
    ),
    "a stream that does not begin": (
        ("read_model", ORDER, "order"),
        "update order_events set type = 'ContactChanged' where order_id = %s and type = 'Placed'",
        "update order_events set type = 'Placed' where order_id = %s and version = 1",
    ),
    "a ledger that says more came": (
        ("ledger", ORDER, "payment"),
        "update ledger_entries e set amount = e.amount * 2 from payments p where p.id = payment_id and p.order_id = %s",
        "update ledger_entries e set amount = e.amount / 2 from payments p where p.id = payment_id and p.order_id = %s",
    ),
    "an invoice over another amount": (
        ("invoices", ORDER, "payment"),
        "update invoices set total = total + 1 where order_id = %s",
        "update invoices set total = total - 1 where order_id = %s",
    ),
}
MAILS = {
    "no mail": (
        "update deliveries set template = 'gone' where subject_id = %s",
        "update deliveries set template = 'order_confirmed' where subject_id = %s",
    ),
    "a mail that was never sent": (
        "update deliveries set state = 'PENDING' where subject_id = %s",
        "update deliveries set state = 'SENT' where subject_id = %s",
    ),
}


@pytest.mark.parametrize("damage", ROWS)
async def test_damaged_rows_are_found_and_nothing_else(bought: Bought, damage: str) -> None:
    (check, subject, service), break_, mend = ROWS[damage]
    keys = {
        ORDER: (bought.order, bought.purchase.id),
        VARIANT: (ids.uuid_of(bought.variant.id), bought.variant.id),
    }
    key, expected = keys[subject]
    async with damaged(bought, service, break_, mend, key):
        assert set(await bought.found(check)) == {expected}
    assert await bought.found(check) == {}


@pytest.mark.parametrize("damage", MAILS)
async def test_a_confirmation_that_was_not_sent_is_found(bought: Bought, damage: str) -> None:
    async with damaged(bought, "notify", *MAILS[damage], bought.purchase.id):
        assert set(await bought.found("deliveries")) == {bought.purchase.id}
    assert await bought.found("deliveries") == {}


@asynccontextmanager
async def damaged(bought: Bought, service: str, break_: str, mend: str, key: object) -> AsyncIterator[None]:
    """Damaged while inside."""
    await bought.change(service, break_, key)
    try:
        yield
    finally:
        await bought.change(service, mend, key)


@pytest.mark.parametrize("held", ["RESERVED", "SOLD"])
@pytest.mark.parametrize("state", ["EXPIRED", "CANCELED", "REJECTED"])
async def test_stock_that_an_ended_order_still_holds_is_found(bought: Bought, state: str, held: str) -> None:
    end = f"update order_streams set state = '{state}' where order_id = %s"
    hold = f"update reservations set state = '{held}', expire_time = expire_time + interval '1 day' where order_id = %s"
    sold = "update reservations set state = 'SOLD', expire_time = expire_time - interval '1 day' where order_id = %s"
    confirmed = "update order_streams set state = 'CONFIRMED' where order_id = %s"
    async with AsyncExitStack() as damages:
        await damages.enter_async_context(damaged(bought, "order", end, confirmed, bought.order))
        await damages.enter_async_context(damaged(bought, "catalog", hold, sold, bought.order))
        expected = {bought.purchase.id: f"is {state}, and its stock is still {held}"}
        assert await bought.found("reservations") == expected
    assert await bought.found("reservations") == {}


async def test_an_unpaid_order_before_its_deadline_is_not_found(bought: Bought) -> None:
    (_, _, service), _, mend = ROWS["a paid order that waits"]
    placed = "update order_streams set state = 'PLACED' where order_id = %s"
    async with damaged(bought, service, placed, mend, bought.order):
        assert await bought.found("waiting_orders") == {}


async def event_of(bought: Bought, producer: str, name: str) -> uuid.UUID:
    """The id of the order's event of this type."""
    statement = "select event_id from outbox where key = %s and type like %s"
    row = await bought.shop.row(producer, statement, bought.purchase.id, f"%.{name}")
    assert row
    event_id: uuid.UUID = row["event_id"]
    return event_id


@asynccontextmanager
async def never_seen(bought: Bought, group: str) -> AsyncIterator[uuid.UUID]:
    """An event that the group has not handled while inside."""
    service, producer, name = EVENTS[group]
    event = await event_of(bought, producer, name)
    forget = f"update inbox set consumer_group = 'nobody' where event_id = %s and consumer_group = '{group}'"
    mend = f"update inbox set consumer_group = '{group}' where event_id = %s and consumer_group = 'nobody'"
    async with damaged(bought, service, forget, mend, event):
        yield event


@pytest.mark.parametrize("group", EVENTS)
async def test_an_event_that_its_group_never_saw_is_found(bought: Bought, group: str) -> None:
    async with never_seen(bought, group) as event:
        assert set(await bought.found("events_handled")) == {f"{event} {group}"}
    assert await bought.found("events_handled") == {}


async def test_stock_of_an_order_that_never_was_is_found(bought: Bought) -> None:
    order = ids.new_uuid()
    insert = """insert into reservations (order_id, state, expire_time, create_time, update_time)
                values (%s, 'RESERVED', now() + interval '1 day', now(), now())"""
    async with damaged(bought, "catalog", insert, "delete from reservations where order_id = %s", order):
        assert set(await bought.found("reservations")) == {ids.text("ord", order)}
    assert await bought.found("reservations") == {}


async def test_an_event_that_is_parked_is_not_found(bought: Bought) -> None:
    park = """insert into parked (consumer_group, key, position, event_id, topic, headers, payload, error)
              values ('notify.orders', 'ord_x', 1, %s, 'order-events', '{}', '', 'by hand')"""
    async with never_seen(bought, "notify.orders") as event:
        async with damaged(bought, "notify", park, "delete from parked where event_id = %s", event):
            assert await bought.found("events_handled") == {}
        assert len(await bought.found("events_handled")) == 1


async def test_an_event_that_says_published_and_is_not_in_kafka_is_found(bought: Bought) -> None:
    event = ids.new_uuid()
    insert = """insert into outbox (event_id, topic, key, version, incarnation, type, headers, payload, create_time,
                                    publish_time)
                values (%s, 'order-events', 'ord_x', 1, 1, 'shopmesh.order.v1.Nothing', '{}', '', now(), now())"""
    async with damaged(bought, "order", insert, "delete from outbox where event_id = %s", event):
        found = await bought.found("events_published")
    assert found == {str(event): "Nothing of ord_x is not in order-events"}
    assert await bought.found("events_published") == {}


async def test_a_transaction_of_the_ledger_that_does_not_sum_to_zero_is_found(bought: Bought) -> None:
    mine = "e.account = 'ORDERS' and e.payment_id in (select id from payments where order_id = %s)"
    row = await bought.shop.row("payment", f"select transaction_id from ledger_entries e where {mine}", bought.order)
    assert row
    worse, better = (f"update ledger_entries e set amount = amount {by} where {mine}" for by in ("- 1", "+ 1"))
    async with damaged(bought, "payment", worse, better, bought.order):
        assert await bought.found("ledger") == {f"transaction {row['transaction_id']}": "sums to -0.01 EUR"}
    assert await bought.found("ledger") == {}


async def test_an_invoice_of_another_order_is_found_at_both(bought: Bought) -> None:
    other = least_id(datetime.now(UTC))
    swap = "update invoices set order_id = %s where order_id = %s"
    await bought.change("payment", swap, other, bought.order)
    try:
        assert await bought.found("invoices") == {
            bought.purchase.id: "was confirmed and has 0 invoices",
            ids.text("ord", other): "has an invoice and was never confirmed",
        }
    finally:
        await bought.change("payment", swap, bought.order, other)
    assert await bought.found("invoices") == {}


async def test_a_gap_in_the_numbers_is_found(bought: Bought) -> None:
    row = await bought.shop.row(
        "payment", "select series, series_number from invoices where order_id = %s", bought.order
    )
    assert row
    turn = "update invoices set series_number = -series_number where order_id = %s"
    async with damaged(bought, "payment", turn, turn, bought.order):
        found = await bought.found("invoices")
    assert set(found) == {f"series {row['series']}"}
    assert f"the first that is not: {row['series_number']}" in found[f"series {row['series']}"]
    assert await bought.found("invoices") == {}


async def test_a_payment_for_an_order_that_is_not_there_is_found(bought: Bought) -> None:
    other = least_id(datetime.now(UTC))
    swap = "update payments set order_id = %s where order_id = %s"
    await bought.change("payment", swap, other, bought.order)
    try:
        found = await bought.found("order_money")
    finally:
        await bought.change("payment", swap, bought.order, other)
    assert found[ids.text("ord", other)] == "was paid, and there is no such order"
    assert "nothing was captured" in found[bought.purchase.id]


async def test_money_at_stripe_that_nobody_knows_is_found_until_it_went_back(bought: Bought) -> None:
    shop, payment = bought.shop, ids.new("pay")
    intent = await post(
        shop,
        "/v1/payment_intents",
        {
            "amount": 700,
            "currency": "eur",
            "payment_method_types[0]": "card",
            "payment_method": "pm_card_visa",
            "confirm": "true",
            "metadata[payment_id]": payment,
        },
    )
    assert await bought.found("stripe_money") == {
        intent["id"]: f"7.00 EUR at Stripe for {payment}, which knows nothing of it"
    }
    await post(shop, "/v1/refunds", {"payment_intent": intent["id"]})
    assert await bought.found("stripe_money") == {}


async def post(shop: Shop, path: str, form: dict[str, object]) -> Json:
    """A POST to the Stripe API under the shop's own key."""
    key = environment.stripe(shop.stack.installation)["STRIPE_API_KEY"]
    answer = await shop.web.post(f"{shop.stripe_url}{path}", data=form, auth=(key, ""))
    return answer.raise_for_status().json()  # type: ignore[no-any-return]


async def test_the_shop_is_clean_in_the_end(bought: Bought) -> None:
    async def clean() -> bool:
        return not any([await bought.found(name) for name in ("order_money", "stripe_money", "stock", "read_model")])

    await eventually(clean, "an audit without findings")
