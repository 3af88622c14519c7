"""Payment's messages and the domain's words."""

from shopmesh.common.v1 import contact_pb2, totals_pb2
from shopmesh.payment.v1 import payment_internal_service_pb2 as internal
from shopmesh.payment.v1 import payment_pb2 as pb
from shopmesh.payment.v1 import payment_service_pb2 as service

from services.chassis import principal
from services.chassis.protos import datetime_of, money_from_proto, money_to_proto, timestamp
from services.payment.domain.bill import Bill, Contact, Line
from services.payment.domain.lines import RefundLine
from services.payment.domain.payment import Cause, Decline, Flow, Payment, Refund, RefundState, State
from services.payment.domain.requested import Wanted
from services.payment.use_cases.closing import CloseOutcome
from services.payment.use_cases.reading import PayablePayment

_FLOWS = {internal.FLOW_HOSTED: Flow.HOSTED, internal.FLOW_EMBEDDED: Flow.EMBEDDED}
_STATES = {
    State.OPEN: pb.PAYMENT_STATE_OPEN,
    State.CLOSING: pb.PAYMENT_STATE_CLOSING,
    State.SUCCEEDED: pb.PAYMENT_STATE_SUCCEEDED,
    State.CLOSED: pb.PAYMENT_STATE_CLOSED,
}
_REFUND_STATES = {
    RefundState.PENDING: pb.REFUND_STATE_PENDING,
    RefundState.SUCCEEDED: pb.REFUND_STATE_SUCCEEDED,
    RefundState.FAILED: pb.REFUND_STATE_FAILED,
}
_CAUSES = {
    Cause.ORDER_REJECTED: pb.REFUND_CAUSE_ORDER_REJECTED,
    Cause.ORDER_CANCELED: pb.REFUND_CAUSE_ORDER_CANCELED,
    Cause.MISMATCH: pb.REFUND_CAUSE_MISMATCH,
    Cause.LATE_CAPTURE: pb.REFUND_CAUSE_LATE_CAPTURE,
    Cause.PROVIDER: pb.REFUND_CAUSE_PROVIDER,
    Cause.STAFF: pb.REFUND_CAUSE_STAFF,
}
OUTCOMES = {
    CloseOutcome.CLOSED: internal.CLOSE_OUTCOME_CLOSED,
    CloseOutcome.ALREADY_PAID: internal.CLOSE_OUTCOME_ALREADY_PAID,
    CloseOutcome.PENDING: internal.CLOSE_OUTCOME_PENDING,
}


def bill_from_proto(request: internal.CreatePaymentRequest) -> Bill:
    """What is to be paid; INVALID_ARGUMENT where an amount is none."""
    return Bill(
        order_id=request.order_id,
        user_id=request.user_id,
        order_token_hash=request.order_token_hash,
        contact=_contact(request.contact),
        lines=tuple(_line(line, f"lines[{number}]") for number, line in enumerate(request.lines)),
        shipping=money_from_proto(request.totals.shipping, "totals.shipping"),
        total=money_from_proto(request.totals.total, "totals.total"),
        flow=_FLOWS[request.flow],
        expire_time=datetime_of(request.expire_time),
        success_url=request.success_url,
        cancel_url=request.cancel_url,
    )


def payment_to_proto(payable: PayablePayment) -> pb.Payment:
    """A payment as its owner sees it."""
    payment = payable.payment
    attempt = payment.payable_attempt
    return pb.Payment(
        id=payment.id,
        order_id=payment.order_id,
        state=_STATES[payment.state],
        amount=money_to_proto(payment.amount),
        captured=money_to_proto(payment.captured),
        refunded=money_to_proto(payment.refunded),
        checkout_url=attempt.checkout_url if attempt else "",
        client_secret=payable.client_secret,
        last_decline=_decline(payment.last_decline),
        expire_time=timestamp(payment.expire_time),
        create_time=timestamp(payment.create_time),
        update_time=timestamp(payment.update_time),
        refunds=[refund_to_proto(payment, refund) for refund in payment.refunds],
    )


def wanted_from_proto(request: service.RefundPaymentRequest) -> list[Wanted]:
    """The units that staff want to give back."""
    return [Wanted(line.variant_id, line.quantity) for line in request.lines]


def refund_to_proto(payment: Payment, refund: Refund) -> pb.Refund:
    """A refund; why it failed is for staff."""
    return pb.Refund(
        id=refund.id,
        order_id=payment.order_id,
        state=_REFUND_STATES[refund.state],
        amount=money_to_proto(refund.amount),
        cause=_CAUSES[refund.cause],
        reason=refund.reason,
        lines=[_refund_line(payment, line) for line in refund.lines],
        failure=refund.failure if principal.current().is_staff else "",
        create_time=timestamp(refund.create_time),
    )


def _refund_line(payment: Payment, line: RefundLine) -> pb.RefundLine:
    paid = payment.line(line.variant_id)
    return pb.RefundLine(
        variant_id=line.variant_id,
        title=paid.title,
        variant_title=paid.variant_title,
        quantity=line.quantity,
        amount=money_to_proto(line.amount),
    )


def _decline(decline: Decline | None) -> pb.Decline | None:
    return pb.Decline(code=decline.code, message=decline.message) if decline else None


def _contact(proto: contact_pb2.Contact) -> Contact:
    return Contact(proto.email, proto.display_name, proto.locale)


def _line(proto: totals_pb2.OrderLine, field: str) -> Line:
    return Line(
        variant_id=proto.variant_id,
        title=proto.title,
        variant_title=proto.variant_title,
        image_url=proto.image_url,
        quantity=proto.quantity,
        unit_price=money_from_proto(proto.unit_price, f"{field}.unit_price"),
        total=money_from_proto(proto.total, f"{field}.total"),
    )
