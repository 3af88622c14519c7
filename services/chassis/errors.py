"""Errors that services answer with, free of gRPC so that domains can raise them.

The server turns each into a ``google.rpc.Status`` with ``ErrorInfo`` and the details that apply.
Source of the codes: google.rpc.Code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The canonical codes that Shopmesh uses; each value is the name in ``grpc.StatusCode``."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNAVAILABLE = "UNAVAILABLE"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    CANCELLED = "CANCELLED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field; ``field`` is its path, such as ``product.variants[0].sku``."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class PreconditionViolation:
    """What stands in the way: ``type`` is an UPPER_SNAKE kind, ``subject`` the thing concerned, such as a SKU."""

    type: str
    subject: str
    description: str


class ServiceError(Exception):
    """An answer other than OK.

    ``reason`` is UPPER_SNAKE and stable; ``message`` is for developers; ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        code: Code,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        fields: Sequence[FieldViolation] = (),
        preconditions: Sequence[PreconditionViolation] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.fields = tuple(fields)
        self.preconditions = tuple(preconditions)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} {self.reason}: {self.message}"


class InvalidArgument(ServiceError):
    """The request is wrong whatever the state; ``fields`` names each fault."""

    def __init__(
        self, message: str, *, reason: str = "INVALID_ARGUMENT", fields: Sequence[FieldViolation] = ()
    ) -> None:
        super().__init__(Code.INVALID_ARGUMENT, reason, message, fields=fields)


def invalid_field(field: str, description: str) -> InvalidArgument:
    """The error for one wrong field, such as ``invalid_field("update_mask", "names no field of the product")``."""
    return InvalidArgument(f"{field}: {description}", fields=[FieldViolation(field, description)])


class NotFound(ServiceError):
    """Unknown, or not the caller's: the same words for both, so that nobody learns which."""

    def __init__(self, what: str, id: str) -> None:
        reason = what.upper().replace(" ", "_") + "_NOT_FOUND"
        super().__init__(Code.NOT_FOUND, reason, f"{what} {id} was not found", metadata={"id": id})


class AlreadyExists(ServiceError):
    """Something with this unique name exists."""

    def __init__(self, reason: str, message: str, *, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(Code.ALREADY_EXISTS, reason, message, metadata=metadata)


class FailedPrecondition(ServiceError):
    """The state forbids it; a repeat fails as well until something else changes."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        preconditions: Sequence[PreconditionViolation] = (),
    ) -> None:
        super().__init__(Code.FAILED_PRECONDITION, reason, message, metadata=metadata, preconditions=preconditions)


class Aborted(ServiceError):
    """Somebody changed it in between: read again, then repeat."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(Code.ABORTED, reason, message)


class PermissionDenied(ServiceError):
    """The caller is known and lacks the role."""

    def __init__(self, message: str = "this method needs another role") -> None:
        super().__init__(Code.PERMISSION_DENIED, "ROLE_MISSING", message)


class Unauthenticated(ServiceError):
    """The caller is not known."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(Code.UNAUTHENTICATED, reason, message)


class Unavailable(ServiceError):
    """Something that is needed is away; nothing was lost, a repeat may succeed."""

    def __init__(self, message: str, *, reason: str = "UNAVAILABLE", retry_after: float = 1.0) -> None:
        super().__init__(Code.UNAVAILABLE, reason, message, retry_after=retry_after)


class DependencyAway(Unavailable):
    """Another service is away or slow, and calling it was tried again already: who called us should not try in turn."""


class ResourceExhausted(ServiceError):
    """Too much of something, for now; ``retry_after`` says when to come back."""

    def __init__(self, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(Code.RESOURCE_EXHAUSTED, reason, message, retry_after=retry_after)
