"""Invoices by their methods: for the owner and staff, unknown to everybody else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from shopmesh.payment.v1 import invoice_pb2
from shopmesh.payment.v1 import invoice_service_pb2 as pb
from shopmesh.payment.v1.invoice_service_pb2_grpc import InvoiceServiceStub, add_InvoiceServiceServicer_to_server

from services.chassis import ids
from services.payment.api.internal_servicer import PaymentInternalServicer
from services.payment.api.invoice_servicer import InvoiceServicer
from services.payment.domain.invoices import InvoiceKind
from services.payment.domain.payment import Cause
from tests.payment.building import TOKEN, bill
from tests.payment.conftest import Shop
from tests.payment.test_invoicing import confirm, documents, paid, until_documents
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
GUEST = (("x-order-token", TOKEN),)


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[Any]:
    servicer = InvoiceServicer(shop.core.invoicing, shop.core.reader)
    async with serving([(add_InvoiceServiceServicer_to_server, servicer)]) as channel:
        yield InvoiceServiceStub(channel)


async def test_the_owner_reads_the_invoice_as_data_and_as_pdf(api: Any, shop: Shop) -> None:
    await paid(shop)
    assert (await api.ListInvoices(pb.ListInvoicesRequest(order_id=shop.order_id), metadata=GUEST)).invoices == []
    await confirm(shop)
    [listed] = (await api.ListInvoices(pb.ListInvoicesRequest(order_id=shop.order_id), metadata=GUEST)).invoices
    named = {"order_id": shop.order_id, "invoice_id": listed.id}
    assert await api.GetInvoice(pb.GetInvoiceRequest(**named), metadata=GUEST) == listed
    assert listed.kind == invoice_pb2.INVOICE_KIND_INVOICE
    assert listed.seller.tax_id == "ATU12345678"
    assert listed.buyer.address_lines == ["Graben 1", "1010 Wien", "AT"]
    assert [(line.title, line.quantity, line.total.units) for line in listed.lines] == [("Linen towel", 2, 25)]
    call = api.GetInvoiceFile(pb.GetInvoiceFileRequest(**named), metadata=GUEST)
    file = await call
    assert (file.content_type, file.data[:8]) == ("application/pdf", b"%PDF-1.7")
    sent = {name: value for name, value in await call.initial_metadata()}  # noqa: C416 - dict() takes it for a mapping
    assert sent["content-disposition"] == f'inline; filename="{listed.number}.pdf"'
    core, context = shop.core, None
    internal = PaymentInternalServicer(core.creating, core.closing, core.reader, core.invoicing)
    assert await internal.GetInvoiceFile(pb.GetInvoiceFileRequest(**named), context) == file  # type: ignore[arg-type]


async def test_invoices_are_unknown_to_everybody_but_the_owner_and_staff(api: Any, shop: Shop) -> None:
    owner = ids.new("usr")
    shop.bill = replace(bill(), user_id=owner)
    await paid(shop)
    await confirm(shop)
    [invoice] = await documents(shop)
    named = {"order_id": shop.order_id, "invoice_id": invoice.id}
    calls = [
        (api.ListInvoices, pb.ListInvoicesRequest(order_id=shop.order_id)),
        (api.GetInvoice, pb.GetInvoiceRequest(**named)),
        (api.GetInvoiceFile, pb.GetInvoiceFileRequest(**named)),
    ]
    strangers: list[Any] = [(), bearer(ids.new("usr")), (("x-order-token", "ot_wrong"),)]
    for method, request in calls:
        for admitted in (bearer(owner), bearer(ids.new("usr"), "STAFF")):
            await method(request, metadata=admitted)
        for stranger in strangers:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await method(request, metadata=stranger)
            assert reason_of(refused.value) == ("NOT_FOUND", "ORDER_NOT_FOUND")


async def test_an_invoice_is_found_under_its_own_order_only(api: Any, shop: Shop) -> None:
    await paid(shop)
    await confirm(shop)
    [invoice] = await documents(shop)
    other = Shop(shop.core, shop.control, shop.stripe)
    await paid(other)
    for invoice_id, order_id in ((invoice.id, other.order_id), (ids.new("inv"), shop.order_id)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await api.GetInvoice(pb.GetInvoiceRequest(order_id=order_id, invoice_id=invoice_id), metadata=GUEST)
        assert reason_of(refused.value) == ("NOT_FOUND", "INVOICE_NOT_FOUND")


async def test_invoices_are_listed_in_pages_the_oldest_first(api: Any, shop: Shop) -> None:
    await paid(shop)
    await confirm(shop)
    await shop.core.refunding.oblige(shop.order_id, Cause.ORDER_CANCELED)
    known = await until_documents(shop, InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)
    first = await api.ListInvoices(pb.ListInvoicesRequest(order_id=shop.order_id, page_size=1), metadata=GUEST)
    request = pb.ListInvoicesRequest(order_id=shop.order_id, page_size=1, page_token=first.next_page_token)
    second = await api.ListInvoices(request, metadata=GUEST)
    assert [each.id for each in (*first.invoices, *second.invoices)] == [each.id for each in known]
    assert second.next_page_token == ""
    assert second.invoices[0].corrects_number == first.invoices[0].number
