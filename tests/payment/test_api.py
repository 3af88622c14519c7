"""Payment's methods on real ports, and what order's events do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.type.money_pb2 import Money
from shopmesh.common.v1.contact_pb2 import Contact
from shopmesh.common.v1.totals_pb2 import OrderLine, OrderTotals
from shopmesh.order.v1.order_events_pb2 import OrderCanceled, OrderRejected
from shopmesh.payment.v1 import payment_internal_service_pb2 as internal_pb
from shopmesh.payment.v1 import payment_pb2
from shopmesh.payment.v1 import payment_service_pb2 as pb
from shopmesh.payment.v1.payment_service_pb2_grpc import (
    PaymentServiceStub,
    add_PaymentServiceServicer_to_server,
)

from services.chassis import ids
from services.chassis.events import Event
from services.chassis.protos import timestamp
from services.payment.api import consumers
from services.payment.api.internal_servicer import PaymentInternalServicer
from services.payment.api.servicer import Config, PaymentServicer
from services.payment.domain.payment import RefundState
from services.payment.settings import Settings
from tests.payment.building import NOW, TOKEN, TOKEN_HASH, bill
from tests.payment.conftest import Shop
from tests.payment.test_notices import payload, signature
from tests.payment.test_staff_refunds import ask, paid, refunding, until_states
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack


@dataclass
class Api:
    """The public methods by their stub; the internal ones by their servicer."""

    public: Any
    internal: PaymentInternalServicer


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[Api]:
    core = shop.core
    servicer = PaymentServicer(core.reader, core.notices, core.refunding, Config("pk_test_1", "EUR"))
    async with serving([(add_PaymentServiceServicer_to_server, servicer)]) as channel:
        yield Api(
            PaymentServiceStub(channel),
            PaymentInternalServicer(core.creating, core.closing, core.reader, core.invoicing),
        )


def creation(flow: "internal_pb.Flow", order_id: str) -> internal_pb.CreatePaymentRequest:
    price, each, none = (Money(currency_code="EUR", units=units) for units in (20, 10, 0))
    line = OrderLine(title="Towel", quantity=2, unit_price=each, subtotal=price, total=price)
    return internal_pb.CreatePaymentRequest(
        order_id=order_id,
        order_token_hash=TOKEN_HASH,
        contact=Contact(email="ada@shop.example", display_name="Ada"),
        lines=[line],
        totals=OrderTotals(subtotal=price, shipping=none, total=price),
        flow=flow,
        expire_time=timestamp(NOW),
        success_url="http://127.0.0.1/thanks",
    )


async def test_create_and_close_by_the_internal_service(api: Api, shop: Shop) -> None:
    context: Any = None
    made = await api.internal.CreatePayment(creation(internal_pb.FLOW_HOSTED, shop.order_id), context)
    assert made.state == payment_pb2.PAYMENT_STATE_OPEN
    assert made.checkout_url.startswith("http")
    assert (made.amount.units, made.client_secret) == (20, "")
    closed = await api.internal.ClosePayment(internal_pb.ClosePaymentRequest(order_id=shop.order_id), context)
    assert closed.outcome == internal_pb.CLOSE_OUTCOME_CLOSED


async def test_an_embedded_payment_shows_its_secret_to_the_guest_who_has_the_order_token(api: Api, shop: Shop) -> None:
    context: Any = None
    made = await api.internal.CreatePayment(creation(internal_pb.FLOW_EMBEDDED, shop.order_id), context)
    request = pb.GetPaymentRequest(order_id=shop.order_id)
    seen = await api.public.GetPayment(request, metadata=(("x-order-token", TOKEN),))
    assert seen == made
    assert seen.client_secret.startswith("pi_")


async def test_a_payment_is_unknown_to_everybody_but_its_owner_and_staff(api: Api, shop: Shop) -> None:
    owner = ids.new("usr")
    shop.bill = replace(bill(), user_id=owner)
    await shop.create()
    request = pb.GetPaymentRequest(order_id=shop.order_id)
    assert (await api.public.GetPayment(request, metadata=bearer(owner))).order_id == shop.order_id
    assert (await api.public.GetPayment(request, metadata=bearer(ids.new("usr"), "STAFF"))).order_id == shop.order_id
    strangers: list[Any] = [(), bearer(ids.new("usr")), (("x-order-token", "ot_wrong"),)]
    for stranger in strangers:
        for method in (api.public.GetPayment, api.public.VerifyPayment):
            named = pb.GetPaymentRequest if method is api.public.GetPayment else pb.VerifyPaymentRequest
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await method(named(order_id=shop.order_id), metadata=stranger)
            assert reason_of(refused.value) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


async def test_an_unknown_order_has_no_payment_not_even_for_staff(api: Api) -> None:
    request = pb.VerifyPaymentRequest(order_id=ids.new("ord"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await api.public.VerifyPayment(request, metadata=bearer(ids.new("usr"), "STAFF"))
    assert reason_of(refused.value) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


async def test_verify_answers_the_success_and_why_a_try_was_declined(api: Api, shop: Shop) -> None:
    await shop.create()
    await shop.pay("4000000000000002")
    await shop.until_events("PaymentAttemptDeclined")
    request = pb.VerifyPaymentRequest(order_id=shop.order_id)
    token = (("x-order-token", TOKEN),)
    assert (await api.public.VerifyPayment(request, metadata=token)).last_decline.code == "card_declined"
    await shop.pay()
    verified = await api.public.VerifyPayment(request, metadata=token)
    assert verified.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (verified.captured.units, verified.checkout_url) == (25, "")


async def test_the_webhook_takes_what_stripe_signed(api: Api, shop: Shop) -> None:
    body = payload(metadata={"order_id": shop.order_id})
    request = pb.ReceiveStripeNoticeRequest(notice=HttpBody(content_type="application/json", data=body))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await api.public.ReceiveStripeNotice(request, metadata=(("stripe-signature", "t=1,v1=00"),))
    assert reason_of(refused.value) == ("INVALID_ARGUMENT", "SIGNATURE_INVALID")
    assert await shop.notices(shop.order_id) == []
    await api.public.ReceiveStripeNotice(request, metadata=(("stripe-signature", signature(body)),))
    assert len(await shop.notices(shop.order_id)) == 1


async def test_refunds_are_shown_to_their_owner_and_why_one_failed_to_staff_alone(api: Api, shop: Shop) -> None:
    await paid(shop)
    await shop.control.fail(refunding(shop), when="before", status=400)
    await ask(shop, 2)
    await until_states(shop, (667, RefundState.FAILED))
    request, token = pb.GetPaymentRequest(order_id=shop.order_id), (("x-order-token", TOKEN),)
    (seen,) = (await api.public.GetPayment(request, metadata=token)).refunds
    assert (seen.state, seen.cause) == (payment_pb2.REFUND_STATE_FAILED, payment_pb2.REFUND_CAUSE_STAFF)
    assert [(line.title, line.quantity) for line in seen.lines] == [("Tea", 2)]
    assert seen.failure == ""
    (known,) = (await api.public.GetPayment(request, metadata=bearer(ids.new("usr"), "STAFF"))).refunds
    assert known.failure


async def test_the_config_is_public(api: Api) -> None:
    config = await api.public.GetPaymentConfig(pb.GetPaymentConfigRequest())
    assert (config.publishable_key, config.currency_code) == ("pk_test_1", "EUR")


async def test_only_orders_that_were_paid_oblige_us(shop: Shop) -> None:
    handlers = consumers.handlers(shop.core.refunding)

    async def tell(data: Any) -> None:
        now = datetime.now(UTC)
        event = Event(ids.new_uuid(), data.DESCRIPTOR.full_name, shop.order_id, now, "000001.000000000001", "", data)
        await handlers[type(data)](event)

    await shop.create()
    await tell(OrderCanceled(order_id=shop.order_id, paid=False))
    assert await shop.obligations() == []
    await tell(OrderCanceled(order_id=shop.order_id, paid=True))
    await tell(OrderRejected(order_id=shop.order_id))
    assert {row["cause"] for row in await shop.obligations()} == {"ORDER_CANCELED", "ORDER_REJECTED"}


def test_the_secrets_are_split_and_never_shown(settings: Settings) -> None:
    assert len(settings.webhook_secrets()) == 2
    assert "whsec" not in repr(settings)
    assert "sk_test" not in repr(settings)
