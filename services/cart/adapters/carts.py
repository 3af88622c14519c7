"""Carts in Valkey: one JSON document each, changed by compare-and-set together with its mark.

Keys, all of a cart in its own hash slot:
| key | value | lives |
|---|---|---|
| ``cart:{<cart id>}`` | the cart | until it is forgotten |
| ``cart:{<cart id>}:request:<scope>:<method>:<request id>`` | body hash and answer | 24 hours |
| ``cart:{<cart id>}:once:<mark>`` | 1 | longer than the topics keep an event |
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.rpc import status_pb2
from redis.asyncio import Redis

from services.cart.adapters.valkey import script, text
from services.cart.domain.carts import Cart, Line, Merge
from services.cart.ports import Decide
from services.chassis.clock import Clock
from services.chassis.errors import Aborted, ServiceError
from services.chassis.requests import KEPT, STORED, RequestKey, reused
from services.chassis.statuses import error_of, status_of

REMEMBERED = timedelta(days=31)
"""How long marks of events and merges are kept: the topics keep an event for 30 days."""
ATTEMPTS = 200
_ONCE = "1"


@dataclass(frozen=True, slots=True)
class _Mark:
    key: str
    life: timedelta
    value: Callable[[Cart | None, ServiceError | None], str]


class _Known(Exception):
    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class ValkeyCarts:
    """The port ``Carts``."""

    def __init__(self, valkey: Redis, clock: Clock) -> None:
        self._valkey = valkey
        self._clock = clock
        self._commit = script(valkey, "commit")

    async def get(self, cart_id: str) -> Cart | None:
        """The cart, if it is remembered."""
        return _read(cart_id, text(await self._valkey.get(_key(cart_id))))

    async def change(self, cart_id: str, decide: Decide) -> Cart | None:
        """Store what ``decide`` returns; answers it."""
        return await self._change(cart_id, decide, None)

    async def answer(self, cart_id: str, request: RequestKey) -> Cart | None:
        """What a request was answered, if it was; raises its stored refusal, or REQUEST_ID_REUSED."""
        stored = text(await self._valkey.get(_request_key(cart_id, request)))
        return _answer(cart_id, request, stored) if stored else None

    async def change_for_request(self, cart_id: str, request: RequestKey, decide: Decide) -> Cart:
        """Store what ``decide`` returns once per request; a repeat answers as the first, also where that was refused."""

        def value(cart: Cart | None, refusal: ServiceError | None) -> str:
            return _answer_text(request, cart, refusal)

        mark = _Mark(_request_key(cart_id, request), KEPT, value)
        try:
            cart = await self._change(cart_id, decide, mark)
        except _Known as known:
            return _answer(cart_id, request, known.value)
        assert cart is not None
        return cart

    async def change_once(self, cart_id: str, mark: str, decide: Decide) -> bool:
        """Store what ``decide`` returns once per mark, such as ``event:<id>``; False where it was done before."""
        once = _Mark(f"{_key(cart_id)}:once:{mark}", REMEMBERED, lambda cart, refusal: _ONCE)
        try:
            await self._change(cart_id, decide, once)
        except _Known:
            return False
        return True

    async def _change(self, cart_id: str, decide: Decide, mark: _Mark | None) -> Cart | None:
        """Ask ``decide`` until nobody changed the cart in between. Raises _Known, and what ``decide`` raises."""
        current = await self._current(cart_id, mark)
        for _ in range(ATTEMPTS):
            before = _read(cart_id, current)
            after, refusal = _decided(before, decide, mark)
            outcome, stored = await self._try(cart_id, current, before, after, mark, refusal)
            if outcome == "KNOWN":
                raise _Known(stored)
            if outcome == "DONE":
                if refusal:
                    raise refusal
                return after
            current = stored
        raise Aborted("CART_BUSY", "the cart is changed by many at once: try again")

    async def _current(self, cart_id: str, mark: _Mark | None) -> str:
        if mark is None:
            return text(await self._valkey.get(_key(cart_id)))
        current, known = await self._valkey.mget(_key(cart_id), mark.key)
        if known:
            raise _Known(text(known))
        return text(current)

    async def _try(
        self,
        cart_id: str,
        current: str,
        before: Cart | None,
        after: Cart | None,
        mark: _Mark | None,
        refusal: ServiceError | None,
    ) -> tuple[str, str]:
        changed = after is not None and after != before
        if not changed and mark is None:
            return "DONE", ""
        life = _ms(after.expire_time - self._clock()) if after and changed else 0
        keys = [_key(cart_id)]
        arguments: list[str | int] = [current, _text(after) if after and changed else "", life]
        if mark:
            keys.append(mark.key)
            arguments += [mark.value(after, refusal), _ms(mark.life)]
        outcome, stored = await self._commit(keys=keys, args=arguments)
        return text(outcome), text(stored)


def _decided(before: Cart | None, decide: Decide, mark: _Mark | None) -> tuple[Cart | None, ServiceError | None]:
    """The next cart, or the refusal that is stored as the answer; other errors go up."""
    try:
        return decide(before), None
    except ServiceError as error:
        if mark is None or error.code not in STORED:
            raise
        return before, error


def _key(cart_id: str) -> str:
    return f"cart:{{{cart_id}}}"


def _request_key(cart_id: str, request: RequestKey) -> str:
    method = request.method.rpartition("/")[2]
    scope = hashlib.sha256(request.scope.encode()).hexdigest()[:16]
    return f"{_key(cart_id)}:request:{scope}:{method}:{request.request_id}"


def _answer_text(request: RequestKey, cart: Cart | None, refusal: ServiceError | None) -> str:
    status = base64.b64encode(status_of(refusal).SerializeToString()).decode() if refusal else ""
    body = {"hash": request.body_hash.hex(), "cart": _text(cart) if cart and not refusal else "", "refusal": status}
    return json.dumps(body, separators=(",", ":"))


def _answer(cart_id: str, request: RequestKey, document: str) -> Cart:
    stored = json.loads(document)
    if stored["hash"] != request.body_hash.hex():
        raise reused()
    if stored["refusal"]:
        raise error_of(status_pb2.Status.FromString(base64.b64decode(stored["refusal"])))
    cart = _read(cart_id, stored["cart"])
    assert cart is not None
    return cart


def _text(cart: Cart) -> str:
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


def _read(cart_id: str, document: str) -> Cart | None:
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


def _ms(life: timedelta) -> int:
    return max(1, round(life.total_seconds() * 1000))
