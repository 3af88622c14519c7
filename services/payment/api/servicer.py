"""PaymentService: payments as customers see them, refunds by staff, and Stripe's webhook."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.empty_pb2 import Empty
from grpc.aio import ServicerContext
from shopmesh.payment.v1 import payment_pb2
from shopmesh.payment.v1 import payment_service_pb2 as pb
from shopmesh.payment.v1.payment_service_pb2_grpc import PaymentServiceServicer

from services.chassis.access import require_owner
from services.chassis.errors import NotFound
from services.payment.api.mapping import payment_to_proto, refund_to_proto, wanted_from_proto
from services.payment.domain.payment import Payment
from services.payment.use_cases.notices import HandleNotices
from services.payment.use_cases.reading import PaymentReader
from services.payment.use_cases.refunding import Refunding

Context = ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """What browsers may know: Stripe's publishable key, the shop's currency."""

    publishable_key: str
    currency: str


class PaymentServicer(PaymentServiceServicer):
    """The public methods."""

    def __init__(self, reader: PaymentReader, notices: HandleNotices, refunding: Refunding, config: Config) -> None:
        self._reader = reader
        self._notices = notices
        self._refunding = refunding
        self._config = config

    async def GetPayment(self, request: pb.GetPaymentRequest, context: Context) -> payment_pb2.Payment:
        payment = await self._owned(request.order_id)
        return payment_to_proto(await self._reader.show(payment))

    async def VerifyPayment(self, request: pb.VerifyPaymentRequest, context: Context) -> payment_pb2.Payment:
        payment = await self._owned(request.order_id)
        return payment_to_proto(await self._reader.verify(payment))

    async def RefundPayment(self, request: pb.RefundPaymentRequest, context: Context) -> payment_pb2.Refund:
        payment = await self._reader.find(request.order_id)
        if payment is None:
            raise NotFound("payment", request.order_id)
        refund = await self._refunding.request(payment, request.reason, wanted_from_proto(request))
        return refund_to_proto(payment, refund)

    async def GetPaymentConfig(self, request: pb.GetPaymentConfigRequest, context: Context) -> pb.PaymentConfig:
        return pb.PaymentConfig(publishable_key=self._config.publishable_key, currency_code=self._config.currency)

    async def ReceiveStripeNotice(self, request: pb.ReceiveStripeNoticeRequest, context: Context) -> Empty:
        metadata = dict(context.invocation_metadata() or ())
        await self._notices.receive(request.notice.data, str(metadata.get("stripe-signature", "")))
        return Empty()

    async def _owned(self, order_id: str) -> Payment:
        """The payment, for its owner and for staff; to anybody else it is unknown."""
        payment = await self._reader.find(order_id)
        not_found = NotFound("payment", order_id)
        require_owner(
            not_found=not_found,
            user_id=payment.user_id if payment else None,
            order_token_hash=payment.order_token_hash if payment else None,
        )
        if payment is None:
            raise not_found
        return payment
