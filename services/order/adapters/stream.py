"""Stored events: shopmesh.order.internal.v1 messages, read for ever."""

from collections.abc import Callable
from typing import Any, NamedTuple

from google.protobuf.message import Message
from shopmesh.order.internal.v1 import stream_pb2 as pb
from shopmesh.order.v1.order_pb2 import PaymentFlow as FlowProto

from services.chassis.protos import datetime_of, money_to_proto, timestamp
from services.order.adapters.protos import line_of, lines_to_proto, money_of, totals_of, totals_to_proto
from services.order.domain import events as ev

_FLOWS = {
    ev.PaymentFlow.HOSTED: FlowProto.PAYMENT_FLOW_HOSTED,
    ev.PaymentFlow.EMBEDDED: FlowProto.PAYMENT_FLOW_EMBEDDED,
}
_FLOWS_BACK = {number: flow for flow, number in _FLOWS.items()}


def flow_to_proto(flow: ev.PaymentFlow) -> FlowProto:
    """How an order is paid."""
    return _FLOWS[flow]


def to_bytes(event: ev.StreamEvent) -> tuple[str, bytes]:
    """The type's name and the message, the same bytes for the same event."""
    codec = _CODECS[type(event).__name__]
    return codec.message.DESCRIPTOR.name, codec.write(event).SerializeToString(deterministic=True)


def from_bytes(type_name: str, payload: bytes) -> ev.StreamEvent:
    """The event; KeyError for a type that this release does not know: a newer one wrote it, so the order cannot be folded."""
    codec = _CODECS[type_name]
    return codec.read(codec.message.FromString(payload))


class _Codec(NamedTuple):
    message: type[Message]
    write: Callable[[Any], Message]
    read: Callable[[Any], ev.StreamEvent]


def _write_placed(event: ev.Placed) -> pb.Placed:
    return pb.Placed(
        user_id=event.user_id,
        contact_id=event.contact_id,
        cart_id=event.cart_id,
        lines=lines_to_proto(event.lines),
        totals=totals_to_proto(event.totals),
        payment_flow=flow_to_proto(event.payment_flow),
        expire_time=timestamp(event.expire_time),
        occur_time=timestamp(event.occurred_at),
        token_key_id=event.token_key_id,
        token_hash=event.token_hash,
        success_url=event.success_url,
        cancel_url=event.cancel_url,
    )


def _read_placed(proto: pb.Placed) -> ev.Placed:
    return ev.Placed(
        occurred_at=datetime_of(proto.occur_time),
        user_id=proto.user_id,
        contact_id=proto.contact_id,
        cart_id=proto.cart_id,
        lines=tuple(line_of(line) for line in proto.lines),
        totals=totals_of(proto.totals),
        payment_flow=_FLOWS_BACK[proto.payment_flow],
        expire_time=datetime_of(proto.expire_time),
        token_key_id=proto.token_key_id,
        token_hash=proto.token_hash,
        success_url=proto.success_url,
        cancel_url=proto.cancel_url,
    )


def _write_paid(event: ev.Paid) -> pb.Paid:
    return pb.Paid(
        payment_id=event.payment_id,
        captured=money_to_proto(event.captured),
        occur_time=timestamp(event.occurred_at),
    )


def _read_paid(proto: pb.Paid) -> ev.Paid:
    return ev.Paid(datetime_of(proto.occur_time), proto.payment_id, money_of(proto.captured))


def _write_rejected(event: ev.Rejected) -> pb.Rejected:
    return pb.Rejected(reason=event.reason, occur_time=timestamp(event.occurred_at))


def _read_rejected(proto: pb.Rejected) -> ev.Rejected:
    return ev.Rejected(datetime_of(proto.occur_time), proto.reason)


def _write_refund(event: ev.RefundRecorded) -> pb.RefundRecorded:
    return pb.RefundRecorded(
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        occur_time=timestamp(event.occurred_at),
        refunded=money_to_proto(event.refunded) if event.refunded is not None else None,
    )


def _read_refund(proto: pb.RefundRecorded) -> ev.RefundRecorded:
    refunded = money_of(proto.refunded) if proto.HasField("refunded") else None
    return ev.RefundRecorded(datetime_of(proto.occur_time), proto.refund_id, money_of(proto.amount), refunded)


def _write_refund_failure(event: ev.RefundFailureRecorded) -> pb.RefundFailureRecorded:
    return pb.RefundFailureRecorded(
        refund_id=event.refund_id,
        amount=money_to_proto(event.amount),
        occur_time=timestamp(event.occurred_at),
        refunded=money_to_proto(event.refunded),
    )


def _read_refund_failure(proto: pb.RefundFailureRecorded) -> ev.RefundFailureRecorded:
    when, amount, refunded = datetime_of(proto.occur_time), money_of(proto.amount), money_of(proto.refunded)
    return ev.RefundFailureRecorded(when, proto.refund_id, amount, refunded)


def _bare(message: type[Any], event: type[Any]) -> _Codec:
    """The codec of an event that says only when it happened."""
    return _Codec(
        message,
        lambda happened: message(occur_time=timestamp(happened.occurred_at)),
        lambda proto: event(datetime_of(proto.occur_time)),
    )


_CODECS = {
    "Placed": _Codec(pb.Placed, _write_placed, _read_placed),
    "Paid": _Codec(pb.Paid, _write_paid, _read_paid),
    "Confirmed": _bare(pb.Confirmed, ev.Confirmed),
    "Rejected": _Codec(pb.Rejected, _write_rejected, _read_rejected),
    "CancelRequested": _bare(pb.CancelRequested, ev.CancelRequested),
    "Canceled": _bare(pb.Canceled, ev.Canceled),
    "Expired": _bare(pb.Expired, ev.Expired),
    "RefundRecorded": _Codec(pb.RefundRecorded, _write_refund, _read_refund),
    "RefundFailureRecorded": _Codec(pb.RefundFailureRecorded, _write_refund_failure, _read_refund_failure),
    "ContactChanged": _bare(pb.ContactChanged, ev.ContactChanged),
}
