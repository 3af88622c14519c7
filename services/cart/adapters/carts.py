"""Carts in Valkey: one JSON document each, changed by compare-and-set together with its mark.

Keys, all of a cart in its own hash slot:
| key | value | lives |
|---|---|---|
| ``cart:{<cart id>}`` | the cart | until it is forgotten |
| ``cart:{<cart id>}:request:<scope>:<method>:<request id>`` | body hash and answer | 24 hours |
| ``cart:{<cart id>}:once:<mark>`` | 1 | longer than the topics keep an event |
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from services.cart.adapters.documents import answer_document, answered, cart_document, read_cart
from services.cart.adapters.valkey import script, text
from services.cart.domain.carts import Cart
from services.cart.ports import Decide
from services.chassis.clock import Clock
from services.chassis.errors import Aborted, ServiceError
from services.chassis.requests import KEPT, STORED, RequestKey

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
        return read_cart(cart_id, text(await self._valkey.get(_key(cart_id))))

    async def change(self, cart_id: str, decide: Decide) -> Cart | None:
        """Store what ``decide`` returns; answers it."""
        return await self._change(cart_id, decide, None)

    async def answer(self, cart_id: str, request: RequestKey) -> Cart | None:
        """What a request was answered, if it was; raises its stored refusal, or REQUEST_ID_REUSED."""
        stored = text(await self._valkey.get(_request_key(cart_id, request)))
        return answered(cart_id, request, stored) if stored else None

    async def change_for_request(self, cart_id: str, request: RequestKey, decide: Decide) -> Cart:
        """Store what ``decide`` returns once per request; a repeat answers as the first, also where that was refused."""

        def value(cart: Cart | None, refusal: ServiceError | None) -> str:
            return answer_document(request, cart, refusal)

        mark = _Mark(_request_key(cart_id, request), KEPT, value)
        try:
            cart = await self._change(cart_id, decide, mark)
        except _Known as known:
            return answered(cart_id, request, known.value)
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
            decision = _decided(read_cart(cart_id, current), decide, mark)
            outcome, stored = await self._try(cart_id, current, decision, mark)
            if outcome == "KNOWN":
                raise _Known(stored)
            if outcome == "DONE":
                if decision.refusal:
                    raise decision.refusal
                return decision.cart
            current = stored
        raise Aborted("CART_BUSY", "the cart is changed by many at once: try again")

    async def _current(self, cart_id: str, mark: _Mark | None) -> str:
        if mark is None:
            return text(await self._valkey.get(_key(cart_id)))
        current, known = await self._valkey.mget(_key(cart_id), mark.key)
        if known:
            raise _Known(text(known))
        return text(current)

    async def _try(self, cart_id: str, current: str, decision: "_Decision", mark: _Mark | None) -> tuple[str, str]:
        """One round of the script: DONE, STALE with the cart as it is, or KNOWN with the mark's value."""
        cart = decision.cart if decision.changed else None
        if cart is None and mark is None:
            return "DONE", ""
        document = cart_document(cart) if cart else ""
        life = _ms(cart.expire_time - self._clock()) if cart else 0
        keys, arguments = [_key(cart_id)], [current, document, str(life)]
        if mark:
            keys.append(mark.key)
            arguments += [mark.value(decision.cart, decision.refusal), str(_ms(mark.life))]
        outcome, stored = await self._commit(keys=keys, args=arguments)
        return text(outcome), text(stored)


@dataclass(frozen=True, slots=True)
class _Decision:
    """The next cart, whether it differs from the stored one, and the refusal that is the answer, if it is one."""

    cart: Cart | None
    changed: bool
    refusal: ServiceError | None = None


def _decided(before: Cart | None, decide: Decide, mark: _Mark | None) -> _Decision:
    """What ``decide`` says; only with a mark is a refusal kept, other errors go up."""
    try:
        after = decide(before)
    except ServiceError as error:
        if mark is None or error.code not in STORED:
            raise
        return _Decision(before, changed=False, refusal=error)
    return _Decision(after, changed=after is not None and after != before)


def _key(cart_id: str) -> str:
    return f"cart:{{{cart_id}}}"


def _request_key(cart_id: str, request: RequestKey) -> str:
    method = request.method.rpartition("/")[2]
    scope = hashlib.sha256(request.scope.encode()).hexdigest()[:16]
    return f"{_key(cart_id)}:request:{scope}:{method}:{request.request_id}"


def _ms(life: timedelta) -> int:
    return max(1, round(life.total_seconds() * 1000))
