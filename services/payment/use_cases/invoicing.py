"""Invoices of confirmed orders, credit notes of refunds, and their PDFs."""

from dataclasses import dataclass
from functools import partial

from services.chassis.errors import NotFound
from services.payment.domain import invoices as decisions
from services.payment.domain.invoices import Document, Invoice
from services.payment.ports import InvoiceRenderer, Invoices


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """A PDF and what to call it."""

    name: str
    content: bytes


class Invoicing:
    """Issues, finds and renders."""

    def __init__(self, invoices: Invoices, renderer: InvoiceRenderer) -> None:
        self._invoices = invoices
        self._renderer = renderer

    async def issue(self, draft: Document) -> None:
        """Issues the invoice of an order that is confirmed, once."""
        await self._invoices.issue(draft.order_id, partial(decisions.first_invoice, draft=draft))

    async def credit(self, order_id: str) -> None:
        """Issues each credit note that is missing, one at a time; none where the order has no invoice (yet)."""
        while await self._invoices.issue(order_id, decisions.next_credit):
            pass

    async def of_order(self, order_id: str, after: str, count: int) -> list[Invoice]:
        """At most `count` documents of an order, the oldest first, after the one with the id `after`."""
        return await self._invoices.of_order(order_id, after, count)

    async def get(self, order_id: str, invoice_id: str) -> Invoice:
        """A document of the order; INVOICE_NOT_FOUND."""
        found = await self._invoices.get(order_id, invoice_id)
        if found is None:
            raise NotFound("invoice", invoice_id)
        return found

    async def file(self, order_id: str, invoice_id: str) -> InvoiceFile:
        """The PDF of a document, rendered where its task has not run yet; INVOICE_NOT_FOUND."""
        invoice = await self.get(order_id, invoice_id)
        content = await self._invoices.file(invoice.id)
        if content is None:
            content = await self._invoices.keep_file(invoice.id, await self._renderer.render(invoice))
        return InvoiceFile(f"{invoice.number}.pdf", content)
