"""What order's use cases need of the world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.chassis.errors import ServiceError
from services.chassis.money import Money
from services.order.domain.contact import Contact
from services.order.domain.events import Placed
from services.order.domain.order import Order, OrderView, State, view_of
from services.order.domain.saga import Decision


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order with its contact, which is None once erased."""

    order: Order
    contact: Contact | None

    @property
    def view(self) -> OrderView:
        """As readers see it."""
        return view_of(self.order, self.contact)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a stream is."""

    version: int
    state: State


@dataclass(frozen=True, slots=True)
class Stuck:
    """An order in a state that it should have left; `since` is when it came there, or when its deadline passed."""

    order_id: str
    since: datetime


class Orders(Protocol):
    """Orders as streams. Reading and writing join the open transaction."""

    async def get(self, order_id: str) -> OrderRecord | None:
        """The order as it is now; None where there is no such stream."""

    async def as_placed(self, order_id: str) -> OrderRecord | None:
        """The order as its first event made it."""

    async def many(self, order_ids: Sequence[str]) -> list[OrderRecord]:
        """Those of the orders that exist."""

    async def head(self, order_id: str) -> Head | None:
        """Version and state, without folding."""

    async def ids_after(self, order_id: str | None, count: int) -> list[str]:
        """The next ids of all streams, in their order."""

    async def create(self, order_id: str, cause: str, decision: Decision, contact: Contact) -> None:
        """Begins a stream with the events of `decision`, stores the contact, publishes, leaves the tasks."""

    async def update(self, order_id: str, cause: str, decide: Callable[[Order], Decision]) -> Order:
        """Locks and folds the stream, appends what `decide` answers, publishes, leaves the tasks; returns the order after.

        A cause that has appended before appends nothing. NotFound where there is no such stream.
        """

    async def lock_buyer(self, buyer: bytes) -> None:
        """Until the open transaction ends, whoever else locks this buyer waits."""

    async def unpaid_units(self, buyer: bytes) -> int:
        """The units in the buyer's orders that are PLACED."""

    async def oldest_paid(self) -> Stuck | None:
        """The order that has been PAID longest."""

    async def oldest_overdue(self, before: datetime) -> Stuck | None:
        """The unpaid order whose deadline passed first, if that was before `before`."""


class Alarms(Protocol):
    """Calls a person: an error in the log, counted in a metric."""

    def raise_alarm(self, kind: str, **about: str) -> None: ...


class PlacementStatus(StrEnum):
    """Where a request to place an order stands."""

    OPEN = "OPEN"
    PLACED = "PLACED"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True, slots=True)
class PlacementKey:
    """What makes two requests to place an order the same; `body_hash` tells an honest repeat from a mix-up."""

    scope: str
    request_id: UUID
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """A request to place an order: it fixes the order's id before anything is held for it."""

    order_id: str
    status: PlacementStatus
    refusal: ServiceError | None = None


class Placements(Protocol):
    """Requests to place orders, kept for a day."""

    async def find_or_begin(self, key: PlacementKey, order_id: str, abandon_at: datetime) -> Placement:
        """The placement of this request; a new one is OPEN under `order_id` and has its abandon task.

        FailedPrecondition REQUEST_ID_REUSED where the request id came before with another body.
        """

    async def lock(self, key: PlacementKey) -> Placement | None:
        """The placement, locked until the transaction ends."""

    async def lock_by_order(self, order_id: str) -> Placement | None:
        """The same, by the order's id."""

    async def end(self, order_id: str, status: PlacementStatus, refusal: ServiceError | None = None) -> None:
        """Leaves OPEN; anything but PLACED leaves a task that releases the stock."""

    async def withdraw(self, order_id: str) -> None:
        """Forgets the request, so that a repeat begins anew, and leaves a task that releases the stock."""

    async def purge(self, before: datetime) -> None:
        """Deletes those that ended and began before."""


@dataclass(frozen=True, slots=True)
class CartContent:
    """What is in a cart: units by variant id, in the cart's order."""

    cart_id: str
    etag: str
    quantities: dict[str, int]


class Carts(Protocol):
    """The cart service."""

    async def content(self, *, user_id: str, cart_id: str) -> CartContent:
        """The cart `cart_id`, or where it is empty the user's own; NOT_FOUND, or FAILED_PRECONDITION CART_MERGED."""


@dataclass(frozen=True, slots=True)
class PricedVariant:
    """A variant as it can be bought now."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    image_url: str
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Prices:
    """Variants by id, and the ids of those that cannot be bought."""

    variants: dict[str, PricedVariant]
    unavailable: tuple[str, ...]


class Catalog(Protocol):
    """The catalog service."""

    async def prices(self, variant_ids: Sequence[str], currency: str) -> Prices:
        """What the variants cost now."""

    async def reserve(self, order_id: str, quantities: dict[str, int], expire_time: datetime) -> None:
        """Holds all or nothing; FAILED_PRECONDITION INSUFFICIENT_STOCK or RESERVATION_RELEASED."""

    async def sell(self, order_id: str) -> None:
        """Sells what is held; FAILED_PRECONDITION INSUFFICIENT_STOCK or RESERVATION_RELEASED."""

    async def release(self, order_id: str) -> None:
        """Gives back whatever is held or sold, for ever."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to pay: the page's address for HOSTED, the form's secret for EMBEDDED; both empty once it cannot be paid."""

    checkout_url: str = ""
    client_secret: str = ""


class CloseOutcome(StrEnum):
    """What became of a payment that was to be closed."""

    CLOSED = "CLOSED"
    ALREADY_PAID = "ALREADY_PAID"
    PENDING = "PENDING"


class Payments(Protocol):
    """The payment service."""

    async def create(self, order_id: str, placed: Placed, contact: Contact) -> Instructions:
        """Opens the order's payment, or finds it; FAILED_PRECONDITION PAYMENT_CLOSED where it was closed before."""

    async def close(self, order_id: str) -> CloseOutcome:
        """Ends the order's payment unless it is paid."""


@dataclass(frozen=True, slots=True)
class PageKey:
    """The sort keys of an order in lists: newest first."""

    create_time: datetime
    order_id: str


class OrderLists(Protocol):
    """The read model: a copy of every order, for lists. Unavailable where it is away or being rebuilt."""

    async def replace(self, view: OrderView) -> None:
        """Stores the copy unless a newer one is there; Unavailable where a newer projection has taken over."""

    async def page(
        self, user_id: str, states: Sequence[State], after: PageKey | None, count: int
    ) -> Sequence[OrderView]:
        """A user's orders, newest first, those in `states` (none: all) behind `after`."""

    async def begin_rebuild(self) -> str | None:
        """The id of a rebuild to be done now by the caller; None where the copy is whole or somebody is at it."""

    async def force_rebuild(self) -> str:
        """The id of a rebuild to be done now, whatever the state of the copy."""

    async def go_on(self, rebuild: str) -> bool:
        """Shows that the rebuild is alive; False where another one has taken over."""

    async def finish(self, rebuild: str) -> None:
        """Opens the copy for reading, unless another rebuild has taken over."""

    async def ids(self) -> list[str]:
        """The ids of all copies."""

    async def delete(self, order_ids: Sequence[str]) -> None:
        """Deletes copies."""
