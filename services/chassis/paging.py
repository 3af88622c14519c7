"""Pages by key: an opaque token holds the sort keys of the last row, and a hash of the filter that it belongs to."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

from google.protobuf.message import DecodeError, Message
from shopmesh.common.v1.page_token_pb2 import PageToken

from services.chassis.errors import InvalidArgument, invalid_field

VERSION = 1


def page_size(requested: int, default: int = 20, maximum: int = 100) -> int:
    """The rows of a page: 0 means the default, too many are cut to the maximum (negative ones were refused before)."""
    return min(requested or default, maximum)


def next_token(request: Message, last_keys: Sequence[str]) -> str:
    """The token of the page after the row with these sort keys."""
    token = PageToken(version=VERSION, filter_hash=_filter_hash(request), last_keys=last_keys)
    return base64.urlsafe_b64encode(token.SerializeToString()).decode().rstrip("=")


def last_keys(request: Message) -> list[str] | None:
    """The sort keys to go on after; None for the first page. InvalidArgument where the token is not of this list."""
    text = request.page_token  # type: ignore[attr-defined]
    if not text:
        return None
    try:
        token = PageToken.FromString(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, DecodeError, ValueError) as error:
        raise _refused() from error
    if token.version != VERSION or token.filter_hash != _filter_hash(request):
        raise _refused()
    return list(token.last_keys)


def _refused() -> InvalidArgument:
    return invalid_field("page_token", "does not belong to this list with these filters: start with the first page")


def _filter_hash(request: Message) -> bytes:
    filters = type(request)()
    filters.CopyFrom(request)
    filters.ClearField("page_size")
    filters.ClearField("page_token")
    return hashlib.sha256(filters.SerializeToString(deterministic=True)).digest()[:8]
