"""InvoiceService: invoices and credit notes for whoever owns the order."""

from typing import Any

from google.api.httpbody_pb2 import HttpBody
from grpc.aio import ServicerContext
from shopmesh.payment.v1 import invoice_pb2
from shopmesh.payment.v1 import invoice_service_pb2 as pb
from shopmesh.payment.v1.invoice_service_pb2_grpc import InvoiceServiceServicer

from services.chassis import paging
from services.chassis.access import require_owner
from services.chassis.errors import NotFound
from services.payment.api.invoice_mapping import invoice_to_proto, pdf
from services.payment.use_cases.invoicing import Invoicing
from services.payment.use_cases.reading import PaymentReader

Context = ServicerContext[Any, Any]


class InvoiceServicer(InvoiceServiceServicer):
    """The public methods; whose an order is says its payment."""

    def __init__(self, invoicing: Invoicing, reader: PaymentReader) -> None:
        self._invoicing = invoicing
        self._reader = reader

    async def ListInvoices(self, request: pb.ListInvoicesRequest, context: Context) -> pb.ListInvoicesResponse:
        await self._require_owner(request.order_id)
        [after] = paging.last_keys(request) or [""]
        size = paging.page_size(request.page_size)
        found = await self._invoicing.of_order(request.order_id, after, size + 1)
        shown = found[:size]
        token = paging.next_token(request, [shown[-1].id]) if len(found) > size else ""
        return pb.ListInvoicesResponse(invoices=[invoice_to_proto(each) for each in shown], next_page_token=token)

    async def GetInvoice(self, request: pb.GetInvoiceRequest, context: Context) -> invoice_pb2.Invoice:
        await self._require_owner(request.order_id)
        return invoice_to_proto(await self._invoicing.get(request.order_id, request.invoice_id))

    async def GetInvoiceFile(self, request: pb.GetInvoiceFileRequest, context: Context) -> HttpBody:
        await self._require_owner(request.order_id)
        file = await self._invoicing.file(request.order_id, request.invoice_id)
        await context.send_initial_metadata((("content-disposition", f'inline; filename="{file.name}"'),))
        return pdf(file)

    async def _require_owner(self, order_id: str) -> None:
        """Passes the owner and staff; to anybody else the order is unknown."""
        payment = await self._reader.find(order_id)
        not_found = NotFound("order", order_id)
        require_owner(
            not_found=not_found,
            user_id=payment.user_id if payment else None,
            order_token_hash=payment.order_token_hash if payment else None,
        )
        if payment is None:
            raise not_found
