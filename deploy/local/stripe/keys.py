"""API keys: any `sk_test_...` or `rk_test_...` opens the API, `pk_test_...` what a browser may call."""

from __future__ import annotations

import base64
import binascii
import re

from .calls import Endpoint
from .errors import ApiError

_SECRET = re.compile(r"^[sr]k_test_\w{3,}$")
_PUBLISHABLE = re.compile(r"^pk_test_\w{3,}$")


def authenticate(authorization: str | None, key_param: str | None, endpoint: Endpoint) -> tuple[str, bool]:
    """The API key, and whether it is a publishable one; raises Stripe's 401. `key_param` is Stripe.js's `key`."""
    given = _given(authorization or "") or key_param
    if not given:
        raise ApiError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if _SECRET.match(given):
        return given, False
    if not _PUBLISHABLE.match(given):
        raise ApiError(401, f"Invalid API Key provided: {_masked(given)}")
    if not endpoint.publishable:
        raise ApiError(
            401,
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
        )
    return given, True


def _given(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    return key[:8] + "*" * max(0, len(key) - 12) + key[-4:] if len(key) > 12 else "*" * len(key)
