"""Stripe's own list of payment intents against our captures and refunds, both ways."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from ops.audit.check import Check, Finding, Tally, shown
from ops.audit.seen import Seen
from ops.audit.stores import Stores
from services.chassis import ids
from services.chassis.database import Row, query
from services.chassis.money import Money
from services.payment.domain.provider_money import from_provider

_SUMS = """
    select a.id, a.intent_id, a.captured_amount, a.captured_currency, p.order_id, p.update_time,
           coalesce(sum(r.amount) filter (where r.state = 'SUCCEEDED'), 0)::bigint as succeeded,
           coalesce(sum(r.amount) filter (where r.state = 'PENDING'), 0)::bigint as pending
    from attempts a join payments p on p.id = a.payment_id left join refunds r on r.attempt_id = a.id
    where a.state = 'CAPTURED' and {}
    group by a.id, p.id order by a.id"""
_OF_INTENTS = query(_SUMS.format("a.intent_id = any(%(intents)s)"))
_CAPTURED = query(_SUMS.format("a.id > %(after)s") + " limit %(count)s")
_LIST, _LIMIT = "/v1/payment_intents", 100
_EXPAND = "latest_charge"
_CLOCKS_APART = timedelta(minutes=5)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Charged:
    """What Stripe says of one intent: captured, and given back or on its way."""

    intent_id: str
    payment_id: str
    captured: Money
    refunded: Money
    time: datetime


def charged(intent: Json) -> Charged | None:
    """What an intent with its latest charge says; None where no money came."""
    if not intent["amount_received"]:
        return None
    code, charge = intent["currency"], intent["latest_charge"]
    return Charged(
        intent_id=intent["id"],
        payment_id=intent["metadata"].get("payment_id", ""),
        captured=from_provider(intent["amount_received"], code),
        refunded=from_provider(charge["amount_refunded"], code),
        time=datetime.fromtimestamp(charge["created"], UTC),
    )


async def _look(stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
    with Seen() as seen:
        async for page in _pages(stores):
            tally.saw(len(page))
            seen.add(each.intent_id for each in page)
            rows = await stores.all("payment", _OF_INTENTS, intents=[each.intent_id for each in page])
            async for finding in _compared(stores, page, {row["intent_id"]: row for row in rows}, tally):
                yield finding
        async for rows in stores.pages("payment", _CAPTURED, "id"):
            missing = seen.missing([row["intent_id"] for row in rows])
            for row in (row for row in rows if row["intent_id"] in missing):
                async for finding in _behind(stores, row):
                    yield finding


async def _compared(
    stores: Stores, page: Iterable[Charged], ours: dict[str, Row], tally: Tally
) -> AsyncIterator[Finding]:
    for found in page:
        row = ours.get(found.intent_id)
        if row is None and (not found.payment_id or found.captured == found.refunded):
            continue  # somebody else's money under the same key, or none of it is left
        tally.add("at Stripe", found.captured - found.refunded)
        text = difference(found, row)
        if text:
            yield Finding(_subject(found.intent_id, row), text, await _since(stores, found, row))


def difference(found: Charged, row: Row | None) -> str:
    """What Stripe and we see differently; empty where nothing. Stripe counts a refund from when it was asked for."""
    if row is None:
        return f"{shown(found.captured)} at Stripe for {found.payment_id}, which knows nothing of it"
    code = row["captured_currency"]
    captured, succeeded = Money(row["captured_amount"], code), Money(row["succeeded"], code)
    if captured != found.captured:
        return f"captured {shown(found.captured)} at Stripe, {shown(captured)} here"
    if not succeeded <= found.refunded <= succeeded + Money(row["pending"], code):
        return f"{shown(found.refunded)} of {shown(captured)} given back at Stripe, {shown(succeeded)} here"
    return ""


async def _behind(stores: Stores, row: Row) -> AsyncIterator[Finding]:
    """A capture of ours that Stripe's list did not have: it may be older than the list."""
    try:
        answer = await stores.stripe.raw_request_async("get", f"{_LIST}/{row['intent_id']}", expand=[_EXPAND])
        found = charged(dict(answer.data))
        text = difference(found, row) if found else "captured here, not at Stripe"
    except stripe.InvalidRequestError:
        text = "captured here, unknown to Stripe"
    if text:
        yield Finding(_subject(row["intent_id"], row), text, row["update_time"])


async def _pages(stores: Stores) -> AsyncIterator[list[Charged]]:
    """Stripe's list, the newest first."""
    params: Json = {"limit": _LIMIT, "expand": [f"data.{_EXPAND}"]}
    if stores.since:
        params["created"] = {"gte": int((stores.since - _CLOCKS_APART).timestamp())}
    more = True
    while more:
        page = dict((await stores.stripe.raw_request_async("get", _LIST, **params)).data)
        more = page["has_more"]
        yield [found for intent in page["data"] if (found := charged(intent))]
        params["starting_after"] = page["data"][-1]["id"] if page["data"] else None


async def _since(stores: Stores, found: Charged, row: Row | None) -> datetime:
    """When the younger of the two sides last moved: the charge, its latest refund, or our payment."""
    answer = await stores.stripe.raw_request_async("get", "/v1/refunds", payment_intent=found.intent_id, limit=_LIMIT)
    refunds = [datetime.fromtimestamp(each["created"], UTC) for each in dict(answer.data)["data"]]
    ours: list[datetime] = [row["update_time"]] if row else []
    return max([found.time, *refunds, *ours])


def _subject(intent_id: str, row: Row | None) -> str:
    return f"{ids.text('ord', row['order_id'])} {intent_id}" if row else intent_id


CHECK = Check("stripe_money", "what Stripe's own list says was captured and given back is what we say", _look)
