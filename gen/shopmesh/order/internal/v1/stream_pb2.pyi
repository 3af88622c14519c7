import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from shopmesh.common.v1 import totals_pb2 as _totals_pb2
from shopmesh.order.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Placed(_message.Message):
    __slots__ = ("user_id", "contact_id", "cart_id", "lines", "totals", "payment_flow", "expire_time", "occur_time", "token_key_id", "token_hash", "success_url", "cancel_url")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    CART_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_FLOW_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    TOKEN_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_HASH_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_URL_FIELD_NUMBER: _ClassVar[int]
    CANCEL_URL_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    contact_id: str
    cart_id: str
    lines: _containers.RepeatedCompositeFieldContainer[_totals_pb2.OrderLine]
    totals: _totals_pb2.OrderTotals
    payment_flow: _order_pb2.PaymentFlow
    expire_time: _timestamp_pb2.Timestamp
    occur_time: _timestamp_pb2.Timestamp
    token_key_id: str
    token_hash: bytes
    success_url: str
    cancel_url: str
    def __init__(self, user_id: _Optional[str] = ..., contact_id: _Optional[str] = ..., cart_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_totals_pb2.OrderLine, _Mapping]]] = ..., totals: _Optional[_Union[_totals_pb2.OrderTotals, _Mapping]] = ..., payment_flow: _Optional[_Union[_order_pb2.PaymentFlow, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., token_key_id: _Optional[str] = ..., token_hash: _Optional[bytes] = ..., success_url: _Optional[str] = ..., cancel_url: _Optional[str] = ...) -> None: ...

class Paid(_message.Message):
    __slots__ = ("payment_id", "captured", "occur_time")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    captured: _money_pb2.Money
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, payment_id: _Optional[str] = ..., captured: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Confirmed(_message.Message):
    __slots__ = ("occur_time",)
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Rejected(_message.Message):
    __slots__ = ("reason", "occur_time")
    REASON_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    reason: str
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, reason: _Optional[str] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CancelRequested(_message.Message):
    __slots__ = ("occur_time",)
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Canceled(_message.Message):
    __slots__ = ("occur_time",)
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Expired(_message.Message):
    __slots__ = ("occur_time",)
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RefundRecorded(_message.Message):
    __slots__ = ("refund_id", "amount", "occur_time", "refunded")
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    refund_id: str
    amount: _money_pb2.Money
    occur_time: _timestamp_pb2.Timestamp
    refunded: _money_pb2.Money
    def __init__(self, refund_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class RefundFailureRecorded(_message.Message):
    __slots__ = ("refund_id", "amount", "occur_time", "refunded")
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    refund_id: str
    amount: _money_pb2.Money
    occur_time: _timestamp_pb2.Timestamp
    refunded: _money_pb2.Money
    def __init__(self, refund_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class ContactChanged(_message.Message):
    __slots__ = ("occur_time",)
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    occur_time: _timestamp_pb2.Timestamp
    def __init__(self, occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
