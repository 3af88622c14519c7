import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from shopmesh.common.v1 import contact_pb2 as _contact_pb2
from shopmesh.common.v1 import totals_pb2 as _totals_pb2
from shopmesh.options.v1 import options_pb2 as _options_pb2
from shopmesh.payment.v1 import invoice_service_pb2 as _invoice_service_pb2
from shopmesh.payment.v1 import payment_pb2 as _payment_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Flow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLOW_UNSPECIFIED: _ClassVar[Flow]
    FLOW_HOSTED: _ClassVar[Flow]
    FLOW_EMBEDDED: _ClassVar[Flow]

class CloseOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOSE_OUTCOME_UNSPECIFIED: _ClassVar[CloseOutcome]
    CLOSE_OUTCOME_CLOSED: _ClassVar[CloseOutcome]
    CLOSE_OUTCOME_ALREADY_PAID: _ClassVar[CloseOutcome]
    CLOSE_OUTCOME_PENDING: _ClassVar[CloseOutcome]
FLOW_UNSPECIFIED: Flow
FLOW_HOSTED: Flow
FLOW_EMBEDDED: Flow
CLOSE_OUTCOME_UNSPECIFIED: CloseOutcome
CLOSE_OUTCOME_CLOSED: CloseOutcome
CLOSE_OUTCOME_ALREADY_PAID: CloseOutcome
CLOSE_OUTCOME_PENDING: CloseOutcome

class CreatePaymentRequest(_message.Message):
    __slots__ = ("order_id", "user_id", "order_token_hash", "contact", "lines", "totals", "flow", "expire_time", "success_url", "cancel_url")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_TOKEN_HASH_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_URL_FIELD_NUMBER: _ClassVar[int]
    CANCEL_URL_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    user_id: str
    order_token_hash: bytes
    contact: _contact_pb2.Contact
    lines: _containers.RepeatedCompositeFieldContainer[_totals_pb2.OrderLine]
    totals: _totals_pb2.OrderTotals
    flow: Flow
    expire_time: _timestamp_pb2.Timestamp
    success_url: str
    cancel_url: str
    def __init__(self, order_id: _Optional[str] = ..., user_id: _Optional[str] = ..., order_token_hash: _Optional[bytes] = ..., contact: _Optional[_Union[_contact_pb2.Contact, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[_totals_pb2.OrderLine, _Mapping]]] = ..., totals: _Optional[_Union[_totals_pb2.OrderTotals, _Mapping]] = ..., flow: _Optional[_Union[Flow, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., success_url: _Optional[str] = ..., cancel_url: _Optional[str] = ...) -> None: ...

class ClosePaymentRequest(_message.Message):
    __slots__ = ("order_id",)
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class ClosePaymentResponse(_message.Message):
    __slots__ = ("outcome",)
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    outcome: CloseOutcome
    def __init__(self, outcome: _Optional[_Union[CloseOutcome, str]] = ...) -> None: ...
