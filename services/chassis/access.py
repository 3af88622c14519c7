"""Access: what a method's contract admits, and the check of ownership that handlers owe."""

import hashlib
import hmac
from contextvars import ContextVar

from shopmesh.options.v1 import options_pb2 as options

from services.chassis.errors import PermissionDenied, ServiceError, Unauthenticated
from services.chassis.principal import Principal, current
from services.chassis.rules import Method


class Ownership:
    """Whether the handler of an OWNER method checked whose the resource is; ``staff_pass`` where staff need not own it."""

    def __init__(self, staff_pass: bool) -> None:
        self.staff_pass = staff_pass
        self.checked = False


_ownership: ContextVar[Ownership | None] = ContextVar("ownership", default=None)


def check_public(method: Method, principal: Principal) -> Ownership | None:
    """Admits or refuses the caller of a public method. For OWNER methods the handler must go on with ``require_owner``."""
    access = method.access
    if options.ACCESS_PUBLIC in access:
        return None
    if options.ACCESS_OWNER in access:
        ownership = Ownership(staff_pass=options.ACCESS_STAFF in access)
        _ownership.set(ownership)
        return ownership
    if not principal.user_id:
        raise Unauthenticated("TOKEN_MISSING", "this method needs a token: log in first")
    admitted = (
        options.ACCESS_CUSTOMER in access
        or (options.ACCESS_STAFF in access and principal.is_staff)
        or (options.ACCESS_ADMIN in access and principal.is_admin)
    )
    if not admitted:
        raise PermissionDenied
    return None


def check_internal(method: Method, principal: Principal) -> None:
    """Admits or refuses the calling service."""
    if principal.service not in method.callers:
        raise PermissionDenied(f"{principal.service or 'nobody'} is no caller of {method.path}")


def require_owner(
    *,
    not_found: ServiceError,
    user_id: str | None = None,
    order_token_hash: bytes | None = None,
    cart: bool = False,
) -> None:
    """Raises ``not_found`` unless the caller owns the resource.

    It is theirs by their user id, by the order token whose SHA-256 is ``order_token_hash``, or, with ``cart``, because
    they know the random id of a guest's cart. Staff pass where the method's contract lists them.
    """
    ownership = _ownership.get()
    if ownership is not None:
        ownership.checked = True
    caller = current()
    if ownership is not None and ownership.staff_pass and caller.is_staff:
        return
    if user_id and caller.user_id == user_id:
        return
    if order_token_hash and caller.order_token and _token_matches(caller.order_token, order_token_hash):
        return
    if cart:
        return
    raise not_found


def _token_matches(token: str, expected: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(token.encode()).digest(), expected)
