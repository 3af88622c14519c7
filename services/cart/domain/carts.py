"""Carts: every change is a function from a cart to the next one."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.chassis.errors import FailedPrecondition, NotFound

MAX_LINES = 100
MAX_UNITS = 999


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one variant; the product's id is kept to find its copy by."""

    variant_id: str
    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Merge:
    """Where a guest's cart went: ``into`` the cart of the user ``by``; ``done`` once the lines are there."""

    into: str
    by: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart; ``owner`` is a user id, empty for a guest's, whose key is its id.

    A merged cart keeps the lines it had as the snapshot that is merged.
    """

    id: str
    owner: str
    lines: tuple[Line, ...]
    update_time: datetime
    expire_time: datetime
    merge: Merge | None = None

    @property
    def etag(self) -> str:
        """The version of variants and quantities: made of them alone, so a price that moves does not change it."""
        content = ",".join(sorted(f"{line.variant_id}={line.quantity}" for line in self.lines))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def line(self, variant_id: str) -> Line | None:
        """The line of a variant."""
        return next((line for line in self.lines if line.variant_id == variant_id), None)


@dataclass(frozen=True, slots=True)
class Lives:
    """How long carts are remembered after their last change; ``pointer``: a guest's after its merge."""

    guest: timedelta
    own: timedelta
    pointer: timedelta

    def of(self, owner: str) -> timedelta:
        """The life of an open cart."""
        return self.own if owner else self.guest


class Merged(Exception):
    """A drop arrived for a cart that went into another: it belongs there."""

    def __init__(self, cart: Cart) -> None:
        super().__init__(cart.id)
        self.cart = cart


def empty(cart_id: str, owner: str, now: datetime, lives: Lives) -> Cart:
    """A new cart without lines."""
    return Cart(cart_id, owner, (), now, now + lives.of(owner))


def found(cart: Cart | None, cart_id: str, owner: str, now: datetime, lives: Lives) -> Cart:
    """The cart if it is this owner's; a customer's own one exists from the start, a guest's must be known."""
    if cart is None and owner:
        return empty(cart_id, owner, now, lives)
    if cart is None or cart.owner != owner:
        raise NotFound("cart", cart_id)
    return cart


def add(cart: Cart, variant_id: str, product_id: str, quantity: int, now: datetime, lives: Lives) -> Cart:
    """More units of a variant; CART_FULL, QUANTITY_LIMIT."""
    _require_open(cart)
    present = cart.line(variant_id)
    total = quantity + (present.quantity if present else 0)
    if total > MAX_UNITS:
        raise FailedPrecondition("QUANTITY_LIMIT", f"a line holds {MAX_UNITS} units at most")
    if present is None and len(cart.lines) >= MAX_LINES:
        raise FailedPrecondition("CART_FULL", f"a cart holds {MAX_LINES} lines at most")
    return _with_lines(cart, _put(cart.lines, Line(variant_id, product_id, total)), now, lives)


def set_quantity(cart: Cart, variant_id: str, quantity: int, now: datetime, lives: Lives) -> Cart:
    """Other units of a line that is there."""
    _require_open(cart)
    present = cart.line(variant_id)
    if present is None:
        raise NotFound("cart item", variant_id)
    return _with_lines(cart, _put(cart.lines, replace(present, quantity=quantity)), now, lives)


def remove(cart: Cart, variant_id: str, now: datetime, lives: Lives) -> Cart:
    """The cart without a line; one that is not there is no error."""
    _require_open(cart)
    return _with_lines(cart, tuple(line for line in cart.lines if line.variant_id != variant_id), now, lives)


def drop(cart: Cart | None, bought: Mapping[str, int], now: datetime, lives: Lives) -> Cart | None:
    """The cart less what was bought, never below zero; a forgotten cart stays forgotten. Raises Merged."""
    if cart is None:
        return None
    if cart.merge:
        raise Merged(cart)
    left = (replace(line, quantity=line.quantity - bought.get(line.variant_id, 0)) for line in cart.lines)
    return _with_lines(cart, tuple(line for line in left if line.quantity > 0), now, lives)


def freeze(cart: Cart | None, guest_id: str, into: str, by: str, now: datetime, lives: Lives) -> Cart:
    """A guest's cart, closed for changes and pointing where it goes. Only who merged it may repeat that."""
    if cart is None or cart.owner or (cart.merge and cart.merge.by != by):
        raise NotFound("cart", guest_id)
    if cart.merge:
        return cart
    return replace(cart, merge=Merge(into, by), expire_time=now + lives.pointer)


def take_in(cart: Cart, lines: Iterable[Line], now: datetime, lives: Lives) -> Cart:
    """A customer's cart with a guest's lines added. It takes what fits: a log-in must not fail for a full cart."""
    merged = cart.lines
    for line in lines:
        present = next((known for known in merged if known.variant_id == line.variant_id), None)
        if present:
            merged = _put(merged, replace(present, quantity=min(MAX_UNITS, present.quantity + line.quantity)))
        elif len(merged) < MAX_LINES:
            merged = (*merged, line)
    return _with_lines(cart, merged, now, lives)


def finish_merge(cart: Cart | None) -> Cart | None:
    """A frozen cart whose lines have arrived."""
    return replace(cart, merge=replace(cart.merge, done=True)) if cart and cart.merge else cart


def require_orderable(cart: Cart) -> Cart:
    """The cart, unless it went into another: CART_MERGED."""
    _require_open(cart)
    return cart


def _require_open(cart: Cart) -> None:
    if cart.merge:
        raise FailedPrecondition("CART_MERGED", "this cart went into its customer's own and cannot change any more")


def _put(lines: tuple[Line, ...], line: Line) -> tuple[Line, ...]:
    if all(known.variant_id != line.variant_id for known in lines):
        return (*lines, line)
    return tuple(line if known.variant_id == line.variant_id else known for known in lines)


def _with_lines(cart: Cart, lines: tuple[Line, ...], now: datetime, lives: Lives) -> Cart:
    """The cart with these lines; one that did not change keeps its times."""
    if lines == cart.lines:
        return cart
    return replace(cart, lines=lines, update_time=now, expire_time=now + lives.of(cart.owner))
