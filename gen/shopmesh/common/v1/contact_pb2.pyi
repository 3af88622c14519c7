from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Contact(_message.Message):
    __slots__ = ("email", "display_name", "locale", "shipping_address")
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    SHIPPING_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    email: str
    display_name: str
    locale: str
    shipping_address: PostalAddress
    def __init__(self, email: _Optional[str] = ..., display_name: _Optional[str] = ..., locale: _Optional[str] = ..., shipping_address: _Optional[_Union[PostalAddress, _Mapping]] = ...) -> None: ...

class PostalAddress(_message.Message):
    __slots__ = ("country_code", "postal_code", "region", "city", "lines")
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    country_code: str
    postal_code: str
    region: str
    city: str
    lines: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, country_code: _Optional[str] = ..., postal_code: _Optional[str] = ..., region: _Optional[str] = ..., city: _Optional[str] = ..., lines: _Optional[_Iterable[str]] = ...) -> None: ...
