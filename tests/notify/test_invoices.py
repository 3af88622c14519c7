"""Invoices by mail: the PDF goes along, and a mail without it never leaves."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from shopmesh.payment.v1.invoice_pb2 import INVOICE_KIND_CREDIT_NOTE
from shopmesh.payment.v1.payment_events_pb2 import InvoiceIssued

from services.chassis.errors import NotFound, ServiceError, Unavailable
from services.notify.adapters.invoices import InvoiceFiles
from services.notify.adapters.smtp import SmtpMails
from services.notify.api.consumers import payment_handlers
from services.notify.api.invoices import invoice_issued
from services.notify.domain.deliveries import Attachment, Delivery, DeliveryState, Postponed
from services.notify.ports import Filter
from services.notify.use_cases import Notifications
from tests.notify.conftest import Alarms, Files, Mails, a_delivery, a_renderer, issued


async def announced(notifications: Notifications, **given: Any) -> tuple[Delivery, InvoiceIssued]:
    event = issued(**given)
    await payment_handlers(notifications)[InvoiceIssued](event)
    [delivery] = await notifications.list(Filter(subject_id=event.data.order_id), 10)
    return delivery, event.data


@pytest.mark.stack
async def test_an_invoice_is_mailed_once_with_its_pdf(notifications: Notifications, mails: Mails) -> None:
    delivery, invoice = await announced(notifications)
    assert delivery.subject == f"Your invoice for order {invoice.order_id}"
    for _ in range(2):
        await notifications.send(delivery.id)
    assert mails.taken == [delivery.message_id]
    assert mails.files == [Attachment("INV-2026-000042.pdf", "application/pdf", invoice.invoice_id.encode())]


@pytest.mark.stack
async def test_a_credit_note_has_a_mail_of_its_own(notifications: Notifications) -> None:
    delivery, invoice = await announced(notifications, kind=INVOICE_KIND_CREDIT_NOTE)
    assert delivery.subject == f"Your credit note for order {invoice.order_id}"


@pytest.mark.stack
async def test_while_payment_is_away_the_mail_waits_and_is_no_possible_duplicate(
    notifications: Notifications, mails: Mails, files: Files, alarms: Alarms
) -> None:
    delivery, invoice = await announced(notifications)
    files.errors = [Postponed("the invoice is not to be had")]
    with pytest.raises(Postponed):
        await notifications.send(delivery.id)
    [waiting] = await notifications.list(Filter(subject_id=invoice.order_id), 10)
    assert waiting.state is DeliveryState.PENDING
    assert mails.taken == []
    await notifications.send(delivery.id)
    assert len(mails.files) == 1
    assert alarms.duplicates == []


def test_a_mail_carries_text_html_and_the_file() -> None:
    mails = SmtpMails("smtp://127.0.0.1:25", "shop@shop.test", "Shop", 1.0, a_renderer())
    pdf = Attachment("INV-2026-000042.pdf", "application/pdf", b"%PDF-1.7 \xff\x00")
    mail = message_from_bytes(
        mails.compose(a_delivery(invoice_issued(issued())), [pdf]).as_bytes(), _class=EmailMessage, policy=default
    )
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("INV-2026-000042.pdf", "application/pdf")
    assert file.get_content() == pdf.content
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body
        assert "INV-2026-000042" in body.get_content()


class Payment:
    """The channel to a payment service that refuses."""

    def __init__(self, error: ServiceError) -> None:
        self._error = error

    def target(self, _: str) -> "Payment":
        return self

    def unary_unary(self, *_: Any, **__: Any) -> Any:
        async def call(_: Any) -> Any:
            raise self._error

        return call


@pytest.mark.parametrize("error", [Unavailable("payment is away"), NotFound("invoice", "inv_1")], ids=str)
async def test_whatever_keeps_payment_from_answering_puts_the_mail_off(error: ServiceError) -> None:
    channels: Any = Payment(error)
    with pytest.raises(Postponed, match=error.reason):
        await InvoiceFiles(channels).of(invoice_issued(issued()))
