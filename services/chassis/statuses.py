"""ServiceError to google.rpc.Status and back. Source: google/rpc/error_details.proto, AIP-193."""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2

from services.chassis.errors import Code, FieldViolation, PreconditionViolation, ServiceError

_domain = "shopmesh"


def set_domain(service: str) -> None:
    """Names the service that this process is; it stands in every ErrorInfo."""
    global _domain
    _domain = f"{service}.shopmesh"


def status_of(error: ServiceError) -> status_pb2.Status:
    """The status with ErrorInfo and the details that apply."""
    number = getattr(grpc.StatusCode, error.code.value).value[0]
    status = status_pb2.Status(code=number, message=error.message)
    for detail in _details(error):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _details(error: ServiceError) -> list[Any]:
    found: list[Any] = [
        details.ErrorInfo(
            reason=error.reason, domain=error.metadata.get("domain", _domain), metadata=_without_domain(error.metadata)
        )
    ]
    if error.fields:
        violations = [details.BadRequest.FieldViolation(field=f.field, description=f.description) for f in error.fields]
        found.append(details.BadRequest(field_violations=violations))
    if error.preconditions:
        standing = [
            details.PreconditionFailure.Violation(type=p.type, subject=p.subject, description=p.description)
            for p in error.preconditions
        ]
        found.append(details.PreconditionFailure(violations=standing))
    if error.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(int(error.retry_after * 1000))
        found.append(details.RetryInfo(retry_delay=delay))
    return found


def _without_domain(metadata: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in metadata.items() if name != "domain"}


def error_of(status: status_pb2.Status) -> ServiceError:
    """The error of a status that came from another service or from the store; the origin's domain is kept."""
    code = next(c for c in grpc.StatusCode if c.value[0] == status.code)
    known = Code(code.name) if code.name in Code.__members__ else Code.INTERNAL
    error = ServiceError(known, code.name, status.message)
    for packed in status.details:
        _read_detail(error, packed)
    return error


def _read_detail(error: ServiceError, packed: AnyMessage) -> None:
    info, bad, failure, retry = (
        details.ErrorInfo(),
        details.BadRequest(),
        details.PreconditionFailure(),
        details.RetryInfo(),
    )
    if packed.Unpack(info):
        error.reason = info.reason
        error.metadata = dict(info.metadata) | {"domain": info.domain}
    elif packed.Unpack(bad):
        error.fields = tuple(FieldViolation(v.field, v.description) for v in bad.field_violations)
    elif packed.Unpack(failure):
        error.preconditions = tuple(PreconditionViolation(v.type, v.subject, v.description) for v in failure.violations)
    elif packed.Unpack(retry):
        error.retry_after = retry.retry_delay.ToMilliseconds() / 1000
