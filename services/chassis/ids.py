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

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

# TypeIDs write 130 bits in Crockford's alphabet, five to a letter; the standard library's base32 has another one. A list of
# products writes over a hundred ids: two letters at a time from a table, and Python's own reading of numbers to base 32.
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
_SHIFTS = range(120, -1, -10)
_LETTERS = 26
# Every other letter becomes one that int() refuses: it would read some of them, and as others.
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"
_TO_DIGITS = bytes(_DIGITS[_CROCKFORD.index(chr(c))] if chr(c) in _CROCKFORD else ord("!") for c in range(256))


def new_uuid() -> UUID:
    """A UUIDv7: ordered by the time of its making, to the millisecond."""
    return uuid7()


def random_uuid() -> UUID:
    """A UUIDv4, for ids that must not be guessed."""
    return uuid4()


def text(prefix: str, uuid: UUID) -> str:
    """The TypeID of a UUID."""
    bits = uuid.int
    return f"{prefix}_{''.join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])}"


def uuid_of(id: str) -> UUID:
    """The UUID of a TypeID; ValueError where it is none (requests were validated before)."""
    prefix, _, letters = id.rpartition("_")
    if not prefix or len(letters) != _LETTERS or letters[0] > "7":
        raise ValueError(f"{id!r} is no TypeID")
    return UUID(int=int(letters.encode().translate(_TO_DIGITS), 32))


def new(prefix: str) -> str:
    """A new TypeID over a UUIDv7."""
    return text(prefix, new_uuid())
