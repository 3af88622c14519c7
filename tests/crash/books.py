"""What one journey must have come to, whatever died on the way; the shop's own audit is asked beside it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.chassis import ids
from tests.crash.journeys import UNITS, Buyer, Journey, total
from tests.crash.shop import AskedOften
from tests.e2e.api import Json
from tests.e2e.shop import Shop, Stock, Variant
from tests.e2e.shopper import Purchase

PARKING = ("order", "payment", "notify")
"""Services that consume, and keep what they gave up in their databases; cart keeps it in Valkey."""


@dataclass(frozen=True)
class Run:
    """One journey that was made; `before` is the variant's stock before it."""

    journey: Journey
    buyer: Buyer
    purchase: Purchase
    variant: Variant
    before: Stock

    @property
    def order(self) -> object:
        """The order's id as the databases have it."""
        return ids.uuid_of(self.purchase.id)


@dataclass(frozen=True)
class Books:
    """What does not agree, and how many e-mails came a second time."""

    findings: list[str]
    copies: int


async def books(shop: AskedOften, run: Run) -> Books:
    """Looks everything up anew."""
    findings = [each for part in (money, stock, order, parked) async for each in part(shop, run)]
    mails, copies = await e_mails(shop, run)
    return Books(findings + mails, copies)


async def money(shop: Shop, run: Run) -> AsyncIterator[str]:
    """One charge where there is to be one; captured - refunded is what the order is worth now."""
    price = total(run.purchase.answer)
    charges = await charges_of(shop, run.purchase.id)
    if len(charges) != int(run.journey.charged):
        yield f"{len(charges)} charges"
    kept = sum(charge["amount"] - charge["amount_refunded"] for charge in charges)
    due = price * (UNITS - run.journey.refunded) // UNITS if run.journey.charged else 0
    if kept != due:
        yield f"Stripe keeps {kept} for us, the order is worth {due}"
    given_back = (
        "select coalesce(sum(r.amount), 0)::int as amount from refunds r join payments p on p.id = r.payment_id"
    )
    row = await shop.row("payment", f"{given_back} where p.order_id = %s and r.state = 'SUCCEEDED'", run.order)
    refunded = sum(charge["amount_refunded"] for charge in charges)
    pages = [each["id"] for each in await shop.sessions(run.purchase.id) if each["status"] == "open"]
    if pages:
        yield f"still to be paid at Stripe: {', '.join(pages)}"
    if row and row["amount"] != refunded:
        yield f"payment knows of {row['amount']} refunded, Stripe of {refunded}"


async def charges_of(shop: Shop, order_id: str) -> list[Json]:
    """Charges that succeeded, through any of the newest intents."""
    intents = (await shop.from_stripe("/v1/payment_intents", limit=20))["data"]
    mine = [each["id"] for each in intents if each["metadata"].get("order_id") == order_id]
    pages = [await shop.from_stripe("/v1/charges", payment_intent=intent) for intent in mine]
    return [charge for page in pages for charge in page["data"] if charge["status"] == "succeeded"]


async def stock(shop: Shop, run: Run) -> AsyncIterator[str]:
    """The units of this order are sold or free again; nothing stays reserved."""
    now, before = await shop.stock(run.variant), run.before
    expected = Stock(before.received, before.free - run.journey.sold, 0, before.sold + run.journey.sold)
    if now != expected:
        yield f"{now} instead of {expected}"


async def order(shop: Shop, run: Run) -> AsyncIterator[str]:
    """One order, in its state; the cart holds what was not bought."""
    rows = await shop.rows("order", "select order_id from order_contacts where email = %s", run.buyer.email)
    if len(rows) != 1:
        yield f"{len(rows)} orders"
    row = await shop.row("order", "select state from order_streams where order_id = %s", run.order)
    if not row or row["state"] != run.journey.state:
        yield f"the order is {row}, not {run.journey.state}"
    left = await run.buyer.quantities()
    expected = {} if run.journey.charged else {run.variant.id: UNITS}
    if left != expected:
        yield f"the cart holds {left} instead of {expected}"


async def parked(shop: AskedOften, _: Run) -> AsyncIterator[str]:
    """No event was given up: no handler fails because somebody died."""
    for service in PARKING:
        for row in await shop.rows(service, "select topic, key, error from parked"):
            yield f"{service} parked {row['topic']} of {row['key']}: {row['error']}"
    for found in await shop.cart_dead_letters.keys():
        yield f"cart parked {found['events']} events of {found['key']}: {found['error']}"


async def e_mails(shop: Shop, run: Run) -> tuple[list[str], int]:
    """Each of the journey's e-mails under one Message-ID, and no other; how many came again under theirs."""
    found: dict[str, list[str]] = {subject: [] for subject in run.journey.subjects(run.purchase)}
    for mail in await shop.mailbox.to(run.buyer.email):
        found.setdefault(mail["Subject"], []).append(mail["Message-ID"])
    expected = run.journey.subjects(run.purchase)
    findings = [f"no e-mail “{subject}”" for subject in expected if not found[subject]]
    findings += [f"the e-mail “{subject}” was not to be sent" for subject in found if subject not in expected]
    findings += [f"{len(set(ids))} e-mails “{subject}”" for subject, ids in found.items() if len(set(ids)) > 1]
    return findings, sum(len(ids) - len(set(ids)) for ids in found.values())
