import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from shopmesh.common.v1 import contact_pb2 as _contact_pb2
from shopmesh.common.v1 import totals_pb2 as _totals_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATE_UNSPECIFIED: _ClassVar[OrderState]
    ORDER_STATE_PLACED: _ClassVar[OrderState]
    ORDER_STATE_PAID: _ClassVar[OrderState]
    ORDER_STATE_CONFIRMED: _ClassVar[OrderState]
    ORDER_STATE_REJECTED: _ClassVar[OrderState]
    ORDER_STATE_CANCELED: _ClassVar[OrderState]
    ORDER_STATE_EXPIRED: _ClassVar[OrderState]

class PaymentFlow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_FLOW_UNSPECIFIED: _ClassVar[PaymentFlow]
    PAYMENT_FLOW_HOSTED: _ClassVar[PaymentFlow]
    PAYMENT_FLOW_EMBEDDED: _ClassVar[PaymentFlow]
ORDER_STATE_UNSPECIFIED: OrderState
ORDER_STATE_PLACED: OrderState
ORDER_STATE_PAID: OrderState
ORDER_STATE_CONFIRMED: OrderState
ORDER_STATE_REJECTED: OrderState
ORDER_STATE_CANCELED: OrderState
ORDER_STATE_EXPIRED: OrderState
PAYMENT_FLOW_UNSPECIFIED: PaymentFlow
PAYMENT_FLOW_HOSTED: PaymentFlow
PAYMENT_FLOW_EMBEDDED: PaymentFlow

class Order(_message.Message):
    __slots__ = ("id", "state", "user_id", "lines", "totals", "contact", "payment_flow", "expire_time", "cancel_requested", "refunded", "reject_reason", "version", "create_time", "update_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_FLOW_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: OrderState
    user_id: str
    lines: _containers.RepeatedCompositeFieldContainer[_totals_pb2.OrderLine]
    totals: _totals_pb2.OrderTotals
    contact: _contact_pb2.Contact
    payment_flow: PaymentFlow
    expire_time: _timestamp_pb2.Timestamp
    cancel_requested: bool
    refunded: _money_pb2.Money
    reject_reason: str
    version: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[OrderState, str]] = ..., user_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_totals_pb2.OrderLine, _Mapping]]] = ..., totals: _Optional[_Union[_totals_pb2.OrderTotals, _Mapping]] = ..., contact: _Optional[_Union[_contact_pb2.Contact, _Mapping]] = ..., payment_flow: _Optional[_Union[PaymentFlow, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cancel_requested: bool = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reject_reason: _Optional[str] = ..., version: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
