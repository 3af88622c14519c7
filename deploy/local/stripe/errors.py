"""Errors in Stripe's shape: a status and `{"error": {type, code, message, param, ...}}`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_DOCS = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """An API request that is answered with an error.

    `keeps_effects` is true where the request did change something before it failed: a declined card leaves a
    failed charge behind. Everything else is rolled back.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        extra: Json | None = None,
        keeps_effects: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keeps_effects = keeps_effects
        self.error: Json = {"message": message, "type": type}
        if code:
            self.error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
        if param:
            self.error["param"] = param
        self.error |= extra or {}

    def body(self, request_id: str) -> Json:
        """The JSON body; `request_log_url` names the request, as Stripe's does."""
        return {"error": self.error | {"request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}}


def resource_missing(kind: str, id: str, param: str) -> ApiError:
    """404 for an id that nothing carries."""
    return ApiError(404, f"No such {kind}: '{id}'", code="resource_missing", param=param)


class ParameterError(ApiError):
    """400 for parameters that are wrong in themselves: the request never begins, so no idempotency key keeps it."""


def invalid(message: str, param: str | None = None, code: str | None = None) -> ParameterError:
    """The parameters are wrong."""
    return ParameterError(400, message, code=code, param=param)


def refused(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400 for a request that is well formed but cannot be done as things stand."""
    return ApiError(400, message, code=code, param=param)


def unexpected_state(message: str, intent: Json) -> ApiError:
    """400 for a verb that the intent's status does not allow; carries the intent, as Stripe's does."""
    code = "payment_intent_unexpected_state"
    return ApiError(400, message, code=code, extra={"payment_intent": intent})
