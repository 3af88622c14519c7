"""PaymentInternalService: payments for the service that owns the orders, invoices for the one that mails them."""

from typing import Any

from google.api.httpbody_pb2 import HttpBody
from grpc.aio import ServicerContext
from shopmesh.payment.v1 import invoice_service_pb2, payment_pb2
from shopmesh.payment.v1 import payment_internal_service_pb2 as pb
from shopmesh.payment.v1.payment_internal_service_pb2_grpc import PaymentInternalServiceServicer

from services.payment.api.invoice_mapping import pdf
from services.payment.api.mapping import OUTCOMES, bill_from_proto, payment_to_proto
from services.payment.use_cases.closing import ClosePayment
from services.payment.use_cases.creating import CreatePayment
from services.payment.use_cases.invoicing import Invoicing
from services.payment.use_cases.reading import PaymentReader

Context = ServicerContext[Any, Any]


class PaymentInternalServicer(PaymentInternalServiceServicer):
    """The methods for order and notify."""

    def __init__(
        self, creating: CreatePayment, closing: ClosePayment, reader: PaymentReader, invoicing: Invoicing
    ) -> None:
        self._creating = creating
        self._closing = closing
        self._reader = reader
        self._invoicing = invoicing

    async def CreatePayment(self, request: pb.CreatePaymentRequest, context: Context) -> payment_pb2.Payment:
        payment = await self._creating.create(bill_from_proto(request))
        return payment_to_proto(await self._reader.show(payment))

    async def ClosePayment(self, request: pb.ClosePaymentRequest, context: Context) -> pb.ClosePaymentResponse:
        outcome = await self._closing.close(request.order_id)
        return pb.ClosePaymentResponse(outcome=OUTCOMES[outcome])

    async def GetInvoiceFile(self, request: invoice_service_pb2.GetInvoiceFileRequest, context: Context) -> HttpBody:
        return pdf(await self._invoicing.file(request.order_id, request.invoice_id))
