"""The PDFs of invoices, from payment: the one thing that an event cannot carry."""

from collections.abc import Sequence

from google.api.httpbody_pb2 import HttpBody
from shopmesh.payment.v1.invoice_service_pb2 import GetInvoiceFileRequest
from shopmesh.payment.v1.payment_internal_service_pb2_grpc import PaymentInternalServiceStub

from services.chassis.channels import Channels
from services.chassis.errors import ServiceError
from services.notify.domain.deliveries import Attachment, Message, Postponed


class InvoiceFiles:
    """The port ``Attachments``."""

    def __init__(self, channels: Channels) -> None:
        self._invoices = PaymentInternalServiceStub(channels.target("payment"))

    async def of(self, message: Message) -> Sequence[Attachment]:
        """The PDF of the invoice that a message names. Postponed where payment does not answer with it."""
        invoice_id = message.payload.get("invoice_id")
        if invoice_id is None:
            return ()
        request = GetInvoiceFileRequest(order_id=message.subject_id, invoice_id=invoice_id)
        try:
            file: HttpBody = await self._invoices.GetInvoiceFile(request)
        except ServiceError as error:
            raise Postponed(f"the invoice is not to be had: {error.reason}") from error
        return [Attachment(f"{message.payload['number']}.pdf", file.content_type, file.data)]
