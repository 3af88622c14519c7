"""Error responses, and what operations share: headers, parameters, ways to log in."""

from typing import Any

from deploy.edge.contracts import Binding, Method

Described = dict[str, Any]

READS = "NO_SIDE_EFFECTS"
ERRORS: dict[str, tuple[str, str]] = {
    "400": (
        "Refused",
        "The request is malformed or breaks a rule: INVALID_ARGUMENT with a BadRequest naming every bad field. "
        "Or it is well-formed, but the shop's state does not allow it: FAILED_PRECONDITION.",
    ),
    "401": (
        "Unauthenticated",
        "A token is missing where one is needed, or the one sent is not valid: UNAUTHENTICATED.",
    ),
    "403": ("PermissionDenied", "The caller's role does not allow it: PERMISSION_DENIED."),
    "404": ("NotFound", "It does not exist or belongs to somebody else, which looks the same: NOT_FOUND."),
    "409": ("Conflict", "It exists already (ALREADY_EXISTS), or has changed since it was read (ABORTED)."),
    "413": ("TooLarge", "The request's body is larger than is taken: INVALID_ARGUMENT."),
    "429": (
        "TooManyRequests",
        "Too many requests from this address: RESOURCE_EXHAUSTED. Wait as long as retry-after says.",
    ),
    "503": ("Unavailable", "A part of the shop is away: UNAVAILABLE. Repeat with the same request id."),
    "504": (
        "DeadlineExceeded",
        "No answer in time, the effect is unknown: DEADLINE_EXCEEDED. Repeat with the same request id.",
    ),
}
RETRY_AFTER = ("429", "503")


def error_responses(method: Method, binding: Binding) -> Described:
    """References to the errors that this method can answer with; ``default`` stands for the rest."""
    possible = {
        "400": True,
        "401": True,
        "403": method.needs_token and "CUSTOMER" not in method.access,
        "404": "{" in binding.path,
        "409": method.idempotency != READS,
        "413": bool(binding.body),
        "429": True,
        "503": True,
        "504": True,
    }
    listed = {status: {"$ref": f"#/components/responses/{ERRORS[status][0]}"} for status in ERRORS if possible[status]}
    return {**listed, "default": {"$ref": "#/components/responses/Error"}}


def shared_components() -> Described:
    """Everything under ``components`` but the messages' schemas."""
    return {
        "responses": {**dict(_error(status) for status in ERRORS), "Error": _response("Any other error.", ())},
        "parameters": PARAMETERS,
        "headers": HEADERS,
        "securitySchemes": SECURITY_SCHEMES,
    }


def _error(status: str) -> tuple[str, Described]:
    name, description = ERRORS[status]
    return name, _response(description, ("retry-after",) if status in RETRY_AFTER else ())


def _response(description: str, headers: tuple[str, ...]) -> Described:
    names = {"x-trace-id": "TraceId", **dict.fromkeys(headers, "RetryAfter")}
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{target}"} for name, target in names.items()},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
    }


STATUS: Described = {
    "type": "object",
    "description": "Every error, from the services and from the edge alike: google.rpc.Status.",
    "properties": {
        "code": {
            "type": "integer",
            "format": "int32",
            "description": "Number of the google.rpc.Code, such as 5 for NOT_FOUND.",
        },
        "message": {"type": "string", "description": "A sentence for developers, in English."},
        "details": {
            "type": "array",
            "description": "What programs go by. An ErrorInfo is always there; the others where they apply.",
            "items": {"$ref": "#/components/schemas/ErrorDetail"},
        },
    },
    "required": ["code", "message"],
    "examples": [
        {
            "code": 9,
            "message": "The total has changed.",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "PRICE_CHANGED",
                    "domain": "order.shopmesh",
                    "metadata": {},
                }
            ],
        }
    ],
}
ERROR_DETAIL: Described = {
    "type": "object",
    "description": "One detail; @type names which of google.rpc's it is.",
    "properties": {
        "@type": {
            "type": "string",
            "description": (
                "- `type.googleapis.com/google.rpc.ErrorInfo`: `reason` (UPPER_SNAKE), `domain`, `metadata`\n"
                "- `type.googleapis.com/google.rpc.BadRequest`: `fieldViolations`, each `field` and `description`\n"
                "- `type.googleapis.com/google.rpc.PreconditionFailure`: `violations`, each `type`, `subject`, `description`\n"
                "- `type.googleapis.com/google.rpc.QuotaFailure`: `violations`, each `subject` and `description`\n"
                "- `type.googleapis.com/google.rpc.RetryInfo`: `retryDelay`, such as `1s`"
            ),
        }
    },
    "required": ["@type"],
    "additionalProperties": True,
}
PARAMETERS: Described = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The request id as a header, where requestId is not sent: a UUID, new for each thing you want done.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The id of the last event received; only later ones are sent.",
        "schema": {"type": "string"},
    },
}
HEADERS: Described = {
    "TraceId": {
        "description": "Trace id of this request; quote it when you ask for help.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
SECURITY_SCHEMES: Described = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The accessToken of a session; it lives 15 minutes.",
    },
    "orderToken": {
        "type": "apiKey",
        "in": "header",
        "name": "x-order-token",
        "description": "The orderToken that placing an order answered: it opens this one order to a guest.",
    },
}
