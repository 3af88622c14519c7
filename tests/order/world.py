"""The services that order calls, as small models of their contracts: what a test says of them is public on them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.chassis import ids
from services.chassis.errors import FailedPrecondition, NotFound, ServiceError
from services.order.domain.contact import Contact
from services.order.domain.events import Placed
from services.order.ports import CartContent, CloseOutcome, Instructions, PricedVariant, Prices
from tests.order.builders import euro


class Barrier:
    """Lets nobody pass before `parties` have come."""

    def __init__(self, parties: int) -> None:
        self._missing = parties
        self._open = asyncio.Event()

    async def wait(self) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()
        await self._open.wait()


@dataclass
class AlarmModel:
    """Alarms that were raised: kind and order."""

    raised: list[tuple[str, str]] = field(default_factory=list)

    def raise_alarm(self, kind: str, **about: str) -> None:
        self.raised.append((kind, about["order_id"]))


@dataclass
class CartModel:
    """Carts by their id or their user's."""

    contents: dict[str, CartContent] = field(default_factory=dict)
    barrier: Barrier | None = None
    failure: ServiceError | None = None

    async def content(self, *, user_id: str, cart_id: str) -> CartContent:
        if self.barrier:
            await self.barrier.wait()
        if self.failure:
            raise self.failure
        key = cart_id or user_id
        if key not in self.contents:
            raise NotFound("cart", key)
        return self.contents[key]

    def holds(self, owner: str, quantities: dict[str, int], etag: str = "e1") -> CartContent:
        cart_id = owner if owner.startswith("cart_") else ids.new("cart")
        self.contents[owner] = CartContent(cart_id, etag, quantities)
        return self.contents[owner]


@dataclass
class CatalogModel:
    """Prices in cents and free units by variant; reservations by order, as catalog's contract says."""

    cents: dict[str, int] = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    held_until: dict[str, datetime] = field(default_factory=dict)
    reserve_barrier: Barrier | None = None
    failure: ServiceError | None = None

    def sells(self, cents: int, free: int) -> str:
        """A new variant."""
        variant_id = ids.new("var")
        self.cents[variant_id], self.free[variant_id] = cents, free
        return variant_id

    async def prices(self, variant_ids: Sequence[str], currency: str) -> Prices:
        known = {each: self._priced(each) for each in variant_ids if each in self.cents}
        return Prices(known, tuple(each for each in variant_ids if each not in self.cents))

    def _priced(self, variant_id: str) -> PricedVariant:
        return PricedVariant(variant_id, ids.new("prod"), "SKU", "Mug", "Blue", "", euro(self.cents[variant_id]))

    async def reserve(self, order_id: str, quantities: dict[str, int], expire_time: datetime) -> None:
        if self.reserve_barrier:
            await self.reserve_barrier.wait()
        if self.failure:
            raise self.failure
        state = self.states.get(order_id)
        if state == "RELEASED":
            raise FailedPrecondition("RESERVATION_RELEASED", "released")
        if state in ("RESERVED", "SOLD"):
            return
        if any(self.free[each] < units for each, units in quantities.items()):
            raise FailedPrecondition("INSUFFICIENT_STOCK", "not enough")
        for variant_id, units in quantities.items():
            self.free[variant_id] -= units
        self.held[order_id], self.states[order_id] = dict(quantities), "RESERVED"
        self.held_until[order_id] = expire_time

    async def sell(self, order_id: str) -> None:
        if self.failure:
            raise self.failure
        if self.states.get(order_id) == "RELEASED":
            raise FailedPrecondition("RESERVATION_RELEASED", "released")
        self.states[order_id] = "SOLD"

    async def release(self, order_id: str) -> None:
        for variant_id, units in self.held.pop(order_id, {}).items():
            self.free[variant_id] += units
        self.states[order_id] = "RELEASED"


@dataclass
class PaymentModel:
    """Payments by order; `closing` says what closing them answers."""

    opened: dict[str, Placed] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    closing: CloseOutcome = CloseOutcome.CLOSED
    failure: ServiceError | None = None

    async def create(self, order_id: str, placed: Placed, contact: Contact) -> Instructions:
        if self.failure:
            raise self.failure
        if order_id in self.closed:
            raise FailedPrecondition("PAYMENT_CLOSED", "closed")
        self.opened[order_id] = placed
        return Instructions(checkout_url=f"https://pay.example/{order_id}")

    async def close(self, order_id: str) -> CloseOutcome:
        if self.failure:
            raise self.failure
        if self.closing is CloseOutcome.CLOSED:
            self.closed.add(order_id)
        return self.closing
