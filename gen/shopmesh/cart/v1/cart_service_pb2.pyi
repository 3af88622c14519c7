from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from shopmesh.cart.v1 import cart_pb2 as _cart_pb2
from shopmesh.options.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class CreateCartRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class GetCartRequest(_message.Message):
    __slots__ = ("cart_id",)
    CART_ID_FIELD_NUMBER: _ClassVar[int]
    cart_id: str
    def __init__(self, cart_id: _Optional[str] = ...) -> None: ...

class AddItemRequest(_message.Message):
    __slots__ = ("request_id", "cart_id", "variant_id", "quantity")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CART_ID_FIELD_NUMBER: _ClassVar[int]
    VARIANT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    cart_id: str
    variant_id: str
    quantity: int
    def __init__(self, request_id: _Optional[str] = ..., cart_id: _Optional[str] = ..., variant_id: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class SetItemQuantityRequest(_message.Message):
    __slots__ = ("cart_id", "variant_id", "quantity")
    CART_ID_FIELD_NUMBER: _ClassVar[int]
    VARIANT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    cart_id: str
    variant_id: str
    quantity: int
    def __init__(self, cart_id: _Optional[str] = ..., variant_id: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class RemoveItemRequest(_message.Message):
    __slots__ = ("cart_id", "variant_id")
    CART_ID_FIELD_NUMBER: _ClassVar[int]
    VARIANT_ID_FIELD_NUMBER: _ClassVar[int]
    cart_id: str
    variant_id: str
    def __init__(self, cart_id: _Optional[str] = ..., variant_id: _Optional[str] = ...) -> None: ...

class MergeCartRequest(_message.Message):
    __slots__ = ("guest_cart_id",)
    GUEST_CART_ID_FIELD_NUMBER: _ClassVar[int]
    guest_cart_id: str
    def __init__(self, guest_cart_id: _Optional[str] = ...) -> None: ...
