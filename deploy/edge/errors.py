"""Answers that Envoy makes itself, as google.rpc.Status in JSON like those of the services."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.edge.typed import Config, extension, header

DOMAIN = "edge.shopmesh"
SAID = "%LOCAL_REPLY_BODY%"
"""What Envoy says of the request: what is wrong with a token or a body, never anything of the inside."""


@dataclass(frozen=True)
class Reply:
    """How one HTTP status is told: ``code`` is google.rpc.Code's number."""

    status: int
    code: int
    reason: str
    message: str
    retry_after: int = 0


REPLIES = (
    Reply(400, 3, "MALFORMED_REQUEST", SAID),
    Reply(401, 16, "INVALID_TOKEN", SAID),
    Reply(403, 7, "TOKEN_REFUSED", SAID),
    Reply(404, 5, "UNKNOWN_METHOD", "No method has this path and verb."),
    Reply(408, 4, "REQUEST_TOO_SLOW", "The request did not arrive in time."),
    Reply(413, 3, "REQUEST_TOO_LARGE", "The request is larger than is taken here."),
    Reply(426, 3, "PROTOCOL_REFUSED", "This protocol is not spoken here."),
    Reply(429, 8, "RATE_LIMITED", "Too many requests from this address; wait as long as Retry-After says."),
    Reply(431, 3, "HEADERS_TOO_LARGE", "The request's headers are larger than is taken here."),
    Reply(500, 13, "INTERNAL", "Something went wrong at the edge."),
    Reply(502, 14, "UNAVAILABLE", "The service cannot be understood; try again.", retry_after=1),
    Reply(503, 14, "UNAVAILABLE", "The service cannot be reached; try again.", retry_after=1),
    Reply(504, 4, "DEADLINE_EXCEEDED", "The service did not answer in time; its effect is not known."),
)
NO_KEYS = Reply(503, 14, "UNAVAILABLE", "Tokens cannot be checked yet; try again.", retry_after=1)


def local_replies() -> Config:
    """The first mapper that fits decides: native gRPC stays as it is, as its clients read headers, not bodies."""
    mappers = [{"filter": _native_grpc()}, _keys_missing(), *(_mapper(reply) for reply in REPLIES)]
    return {"mappers": [*mappers, *_other_statuses()]}


def _native_grpc() -> Config:
    grpc = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
    transcoded = {"name": "x-envoy-original-method", "present_match": True, "invert_match": True}
    return {"and_filter": {"filters": [{"header_filter": {"header": grpc}}, {"header_filter": {"header": transcoded}}]}}


def _keys_missing() -> Config:
    """A token that nobody can check, as auth has not been reached yet, is no fault of the caller's."""
    filter_ = extension(
        "envoy.access_loggers.extension_filters.cel",
        "access_loggers.filters.cel.v3.ExpressionFilter",
        expression="response.code_details.contains('Jwks_remote_fetch_is_failed')",
    )
    return {"filter": {"extension_filter": filter_}, "status_code": 503, **_body(NO_KEYS)}


def _mapper(reply: Reply) -> Config:
    return {"filter": _status_filter("EQ", reply.status), **_body(reply)}


def _other_statuses() -> Iterator[Config]:
    """What is not listed, so that no plain text is left: first 5xx, then 4xx."""
    yield {
        "filter": _status_filter("GE", 500),
        **_body(Reply(500, 13, "INTERNAL", "Something went wrong at the edge.")),
    }
    yield {"filter": _status_filter("GE", 400), **_body(Reply(400, 3, "MALFORMED_REQUEST", SAID))}


def _status_filter(comparison: str, status: int) -> Config:
    value = {"default_value": status, "runtime_key": f"edge.local_reply.{comparison.lower()}.{status}"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _body(reply: Reply) -> Config:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reply.reason, "domain": DOMAIN}]
    if reply.retry_after:
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{reply.retry_after}s"}
        details.append(retry)
    status = {"code": reply.code, "message": reply.message, "details": details}
    headers = [header("retry-after", str(reply.retry_after))] if reply.retry_after else []
    return {
        "body_format_override": {"json_format": status, "content_type": "application/json"},
        "headers_to_add": headers,
    }
