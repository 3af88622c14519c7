from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Access(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCESS_UNSPECIFIED: _ClassVar[Access]
    ACCESS_PUBLIC: _ClassVar[Access]
    ACCESS_CUSTOMER: _ClassVar[Access]
    ACCESS_OWNER: _ClassVar[Access]
    ACCESS_STAFF: _ClassVar[Access]
    ACCESS_ADMIN: _ClassVar[Access]

class Deduplication(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEDUPLICATION_UNSPECIFIED: _ClassVar[Deduplication]
    DEDUPLICATION_REQUEST_ID: _ClassVar[Deduplication]
    DEDUPLICATION_NATURAL_KEY: _ClassVar[Deduplication]
    DEDUPLICATION_NONE: _ClassVar[Deduplication]
ACCESS_UNSPECIFIED: Access
ACCESS_PUBLIC: Access
ACCESS_CUSTOMER: Access
ACCESS_OWNER: Access
ACCESS_STAFF: Access
ACCESS_ADMIN: Access
DEDUPLICATION_UNSPECIFIED: Deduplication
DEDUPLICATION_REQUEST_ID: Deduplication
DEDUPLICATION_NATURAL_KEY: Deduplication
DEDUPLICATION_NONE: Deduplication
RULES_FIELD_NUMBER: _ClassVar[int]
rules: _descriptor.FieldDescriptor

class MethodRules(_message.Message):
    __slots__ = ("access", "callers", "deduplication", "deadline_ms")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    CALLERS_FIELD_NUMBER: _ClassVar[int]
    DEDUPLICATION_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    access: _containers.RepeatedScalarFieldContainer[Access]
    callers: _containers.RepeatedScalarFieldContainer[str]
    deduplication: Deduplication
    deadline_ms: int
    def __init__(self, access: _Optional[_Iterable[_Union[Access, str]]] = ..., callers: _Optional[_Iterable[str]] = ..., deduplication: _Optional[_Union[Deduplication, str]] = ..., deadline_ms: _Optional[int] = ...) -> None: ...
