"""Ids of carts. A guest's is a secret: who knows it may use the cart. A customer's own is none: the token is asked for."""

import hashlib
import hmac
from uuid import UUID, uuid5

from services.chassis import ids

_OWN = UUID("5b0f7f5e-7f0e-4d0a-9d58-0f0c9b2f6a51")


def own_cart_id(user_id: str) -> str:
    """The cart of a customer: derived, so that it exists without being made and is the same in every read."""
    return ids.text("cart", uuid5(_OWN, user_id))


def guest_cart_id(key: bytes, caller: str, request_id: UUID) -> str:
    """The id for one request to create a cart, as good as random to whoever lacks the key.

    Derived rather than stored by request id: a row of requests would lie in another hash slot than the cart, and two
    slots cannot be written at once. So the repeat of a request needs no memory to get the same cart.
    """
    digest = hmac.digest(key, f"guest-cart\0{caller}\0{request_id}".encode(), hashlib.sha256)
    return ids.text("cart", UUID(bytes=digest[:16]))
