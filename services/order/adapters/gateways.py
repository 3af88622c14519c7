"""The other services, by their internal methods."""

from collections.abc import Sequence
from datetime import datetime

from shopmesh.cart.v1.cart_internal_service_pb2 import GetCartLinesRequest
from shopmesh.cart.v1.cart_internal_service_pb2_grpc import CartInternalServiceStub
from shopmesh.catalog.v1 import catalog_internal_service_pb2 as catalog_pb2
from shopmesh.catalog.v1.catalog_internal_service_pb2_grpc import CatalogInternalServiceStub
from shopmesh.payment.v1 import payment_internal_service_pb2 as payment_pb2
from shopmesh.payment.v1.payment_internal_service_pb2_grpc import PaymentInternalServiceStub

from services.chassis.channels import Channels
from services.chassis.protos import timestamp
from services.order.adapters.protos import contact_to_proto, lines_to_proto, money_of, totals_to_proto
from services.order.domain.contact import Contact
from services.order.domain.events import PaymentFlow, Placed
from services.order.ports import CartContent, CloseOutcome, Instructions, PricedVariant, Prices

_FLOWS = {PaymentFlow.HOSTED: payment_pb2.FLOW_HOSTED, PaymentFlow.EMBEDDED: payment_pb2.FLOW_EMBEDDED}
_OUTCOMES = {
    payment_pb2.CLOSE_OUTCOME_CLOSED: CloseOutcome.CLOSED,
    payment_pb2.CLOSE_OUTCOME_ALREADY_PAID: CloseOutcome.ALREADY_PAID,
    payment_pb2.CLOSE_OUTCOME_PENDING: CloseOutcome.PENDING,
}


class CartGateway:
    """The port ``Carts``."""

    def __init__(self, channels: Channels) -> None:
        self._cart = CartInternalServiceStub(channels.target("cart"))

    async def content(self, *, user_id: str, cart_id: str) -> CartContent:
        """The cart ``cart_id``, or where it is empty the user's own."""
        request = GetCartLinesRequest(cart_id=cart_id) if cart_id else GetCartLinesRequest(user_id=user_id)
        answer = await self._cart.GetCartLines(request)
        return CartContent(answer.cart_id, answer.etag, {line.variant_id: line.quantity for line in answer.lines})


class CatalogGateway:
    """The port ``Catalog``."""

    def __init__(self, channels: Channels) -> None:
        self._catalog = CatalogInternalServiceStub(channels.target("catalog"))

    async def prices(self, variant_ids: Sequence[str], currency: str) -> Prices:
        """What the variants cost now."""
        request = catalog_pb2.PriceLinesRequest(variant_ids=variant_ids, currency_code=currency)
        answer = await self._catalog.PriceLines(request)
        return Prices({v.variant_id: _priced(v) for v in answer.variants}, tuple(answer.unavailable_variant_ids))

    async def reserve(self, order_id: str, quantities: dict[str, int], expire_time: datetime) -> None:
        """Holds all or nothing."""
        lines = [catalog_pb2.StockLine(variant_id=variant, quantity=units) for variant, units in quantities.items()]
        request = catalog_pb2.ReserveStockRequest(order_id=order_id, lines=lines, expire_time=timestamp(expire_time))
        await self._catalog.ReserveStock(request)

    async def sell(self, order_id: str) -> None:
        """Sells what is held."""
        await self._catalog.SellStock(catalog_pb2.SellStockRequest(order_id=order_id))

    async def release(self, order_id: str) -> None:
        """Gives back whatever is held or sold, for ever."""
        await self._catalog.ReleaseStock(catalog_pb2.ReleaseStockRequest(order_id=order_id))


class PaymentGateway:
    """The port ``Payments``."""

    def __init__(self, channels: Channels) -> None:
        self._payment = PaymentInternalServiceStub(channels.target("payment"))

    async def create(self, order_id: str, placed: Placed, contact: Contact) -> Instructions:
        """Opens the order's payment, or finds it."""
        request = payment_pb2.CreatePaymentRequest(
            order_id=order_id,
            user_id=placed.user_id,
            order_token_hash=placed.token_hash,
            contact=contact_to_proto(contact),
            lines=lines_to_proto(placed.lines),
            totals=totals_to_proto(placed.totals),
            flow=_FLOWS[placed.payment_flow],
            expire_time=timestamp(placed.expire_time),
            success_url=placed.success_url,
            cancel_url=placed.cancel_url,
        )
        payment = await self._payment.CreatePayment(request)
        return Instructions(payment.checkout_url, payment.client_secret)

    async def close(self, order_id: str) -> CloseOutcome:
        """Ends the order's payment unless it is paid."""
        answer = await self._payment.ClosePayment(payment_pb2.ClosePaymentRequest(order_id=order_id))
        return _OUTCOMES[answer.outcome]


def _priced(proto: catalog_pb2.PricedVariant) -> PricedVariant:
    return PricedVariant(
        variant_id=proto.variant_id,
        product_id=proto.product_id,
        sku=proto.sku,
        title=proto.title,
        variant_title=proto.variant_title,
        image_url=proto.image_url,
        unit_price=money_of(proto.unit_price),
    )
