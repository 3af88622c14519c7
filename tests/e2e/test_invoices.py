"""Invoices and credit notes, from the confirmation of an order to the mail and the owner's own copy."""

from email.message import EmailMessage

import pytest

from tests.e2e.api import Json, Refused, cents
from tests.e2e.shop import Shop
from tests.e2e.shopper import Purchase, Shopper

pytestmark = pytest.mark.stack


def path(purchase: Purchase, invoice: Json | None = None, verb: str = "") -> str:
    one = f"/{invoice['id']}{verb}" if invoice else ""
    return f"/api/v1/orders/{purchase.id}/invoices{one}"


def attached(mail: EmailMessage) -> tuple[str | None, bytes]:
    """Name and bytes of the only attachment."""
    [file] = mail.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    return file.get_filename(), file.get_content()


async def invoices(shopper: Shopper, purchase: Purchase) -> list[Json]:
    answer = await shopper.api.send("GET", path(purchase), purchase.proof)
    listed: list[Json] = answer.json()["invoices"]
    return listed


async def assert_the_mail_and_the_owners_copy_are_one(
    shopper: Shopper, purchase: Purchase, invoice: Json, what: str
) -> None:
    mail = await shopper.mail(f"Your {what} for order {purchase.id}")
    assert mail["X-Trace-Id"] == purchase.trace_id
    file = await shopper.api.send("GET", path(purchase, invoice, ":file"), purchase.proof)
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == f'inline; filename="{invoice["number"]}.pdf"'
    assert "no-store" in file.headers["cache-control"]
    assert file.content.startswith(b"%PDF-1.7")
    assert attached(mail) == (f"{invoice['number']}.pdf", file.content)


async def test_a_confirmed_order_is_invoiced_by_mail_and_a_cancelled_one_is_credited(shop: Shop) -> None:
    variant = await shop.variant(price=1250)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=2)
        assert await invoices(guest, purchase) == []
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.invoiced)
        [invoice] = await invoices(guest, purchase)
        assert invoice["kind"] == "INVOICE_KIND_INVOICE"
        assert cents(invoice["totals"]["total"]) == 2500
        assert [(line["sku"], line["quantity"]) for line in invoice["lines"]] == [(variant.sku, 2)]
        assert (await guest.api.send("GET", path(purchase, invoice), purchase.proof)).json() == invoice
        await assert_the_mail_and_the_owners_copy_are_one(guest, purchase, invoice, "invoice")

        await guest.cancel(purchase)
        await guest.mail(purchase.refunded)
        await guest.mail(f"Your credit note for order {purchase.id}")
        kept, note = await invoices(guest, purchase)
        assert kept == invoice
        assert (note["kind"], note["correctsNumber"]) == ("INVOICE_KIND_CREDIT_NOTE", invoice["number"])
        assert note["totals"] == invoice["totals"]
        await assert_the_mail_and_the_owners_copy_are_one(guest, purchase, note, "credit note")


async def test_an_invoice_is_its_owners_and_staffs_alone(shop: Shop) -> None:
    async with Shopper(shop) as owner, Shopper(shop) as other, Shopper(shop) as nobody:
        await owner.register()
        await other.register()
        purchase = await owner.buy(await shop.variant())
        await owner.pay(purchase)
        await owner.mail(purchase.invoiced)
        [invoice] = (await owner.api.get(path(purchase)))["invoices"]
        paths = [path(purchase), path(purchase, invoice), path(purchase, invoice, ":file")]
        for each in paths:
            assert (await shop.staff.send("GET", each)).status_code == 200
            for stranger in (other, nobody):
                with pytest.raises(Refused) as refused:
                    await stranger.api.send("GET", each)
                assert (refused.value.status, refused.value.reason) == (404, "ORDER_NOT_FOUND")


async def test_a_refund_by_line_is_credited_by_line(shop: Shop) -> None:
    variant = await shop.variant(price=1999)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, quantity=3)
        await guest.pay(purchase)
        await guest.mail(purchase.invoiced)
        body = {"requestId": purchase.request["requestId"], "reason": "One was broken"}
        lines = [{"variantId": variant.id, "quantity": 1}]
        await shop.staff.post(f"/api/v1/orders/{purchase.id}/payment:refund", {**body, "lines": lines})
        await guest.mail(f"Your credit note for order {purchase.id}")
        _, note = await invoices(guest, purchase)
        assert [(line["sku"], line["quantity"]) for line in note["lines"]] == [(variant.sku, 1)]
        assert cents(note["totals"]["total"]) == 1999
