import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from shopmesh.common.v1 import totals_pb2 as _totals_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InvoiceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVOICE_KIND_UNSPECIFIED: _ClassVar[InvoiceKind]
    INVOICE_KIND_INVOICE: _ClassVar[InvoiceKind]
    INVOICE_KIND_CREDIT_NOTE: _ClassVar[InvoiceKind]
INVOICE_KIND_UNSPECIFIED: InvoiceKind
INVOICE_KIND_INVOICE: InvoiceKind
INVOICE_KIND_CREDIT_NOTE: InvoiceKind

class Invoice(_message.Message):
    __slots__ = ("id", "kind", "number", "order_id", "refund_id", "corrects_number", "seller", "buyer", "lines", "totals", "issue_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    CORRECTS_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: InvoiceKind
    number: str
    order_id: str
    refund_id: str
    corrects_number: str
    seller: InvoiceParty
    buyer: InvoiceParty
    lines: _containers.RepeatedCompositeFieldContainer[_totals_pb2.OrderLine]
    totals: _totals_pb2.OrderTotals
    issue_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[InvoiceKind, str]] = ..., number: _Optional[str] = ..., order_id: _Optional[str] = ..., refund_id: _Optional[str] = ..., corrects_number: _Optional[str] = ..., seller: _Optional[_Union[InvoiceParty, _Mapping]] = ..., buyer: _Optional[_Union[InvoiceParty, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[_totals_pb2.OrderLine, _Mapping]]] = ..., totals: _Optional[_Union[_totals_pb2.OrderTotals, _Mapping]] = ..., issue_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InvoiceParty(_message.Message):
    __slots__ = ("name", "address_lines", "tax_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_LINES_FIELD_NUMBER: _ClassVar[int]
    TAX_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    address_lines: _containers.RepeatedScalarFieldContainer[str]
    tax_id: str
    def __init__(self, name: _Optional[str] = ..., address_lines: _Optional[_Iterable[str]] = ..., tax_id: _Optional[str] = ...) -> None: ...
