"""A cart, and the answer to a request, as the JSON documents that Valkey holds."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from google.rpc import status_pb2

from services.cart.domain.carts import Cart, Line, Merge
from services.chassis.errors import ServiceError
from services.chassis.requests import RequestKey, reused
from services.chassis.statuses import error_of, status_of


def answer_document(request: RequestKey, cart: Cart | None, refusal: ServiceError | None) -> str:
    """An answer to keep: the cart as it was then, or the refusal."""
    status = base64.b64encode(status_of(refusal).SerializeToString()).decode() if refusal else ""
    body = {
        "hash": request.body_hash.hex(),
        "cart": cart_document(cart) if cart and not refusal else "",
        "refusal": status,
    }
    return json.dumps(body, separators=(",", ":"))


def answered(cart_id: str, request: RequestKey, document: str) -> Cart:
    """The cart of a kept answer; raises its refusal, or REQUEST_ID_REUSED where it was for another body."""
    stored = json.loads(document)
    if stored["hash"] != request.body_hash.hex():
        raise reused()
    if stored["refusal"]:
        raise error_of(status_pb2.Status.FromString(base64.b64decode(stored["refusal"])))
    cart = read_cart(cart_id, stored["cart"])
    assert cart is not None
    return cart


def cart_document(cart: Cart) -> str:
    """A cart as JSON; short names, because it is read and written whole."""
    stored: dict[str, Any] = {
        "owner": cart.owner,
        "lines": [[line.variant_id, line.product_id, line.quantity] for line in cart.lines],
        "update": _epoch_ms(cart.update_time),
        "expire": _epoch_ms(cart.expire_time),
    }
    if cart.merge:
        stored["merge"] = [cart.merge.into, cart.merge.by, cart.merge.done]
    return json.dumps(stored, separators=(",", ":"))


def read_cart(cart_id: str, document: str) -> Cart | None:
    """The cart of a document; None for an empty one."""
    if not document:
        return None
    stored = json.loads(document)
    return Cart(
        id=cart_id,
        owner=stored["owner"],
        lines=tuple(Line(*line) for line in stored["lines"]),
        update_time=_moment(stored["update"]),
        expire_time=_moment(stored["expire"]),
        merge=Merge(*stored["merge"]) if "merge" in stored else None,
    )


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
