from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PageToken(_message.Message):
    __slots__ = ("version", "filter_hash", "last_keys")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FILTER_HASH_FIELD_NUMBER: _ClassVar[int]
    LAST_KEYS_FIELD_NUMBER: _ClassVar[int]
    version: int
    filter_hash: bytes
    last_keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[int] = ..., filter_hash: _Optional[bytes] = ..., last_keys: _Optional[_Iterable[str]] = ...) -> None: ...
