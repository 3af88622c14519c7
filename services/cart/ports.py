"""What cart's use cases need of the world."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from services.cart.domain.carts import Cart
from services.cart.domain.products import Offer, ProductCopy
from services.chassis.events import Record
from services.chassis.requests import RequestKey

Decide = Callable[[Cart | None], Cart | None]
"""From the stored cart to the next one; the same one leaves it as it is. It may be asked several times."""


class Carts(Protocol):
    """Carts. Each change is atomic, together with the mark that keeps it from happening twice."""

    async def get(self, cart_id: str) -> Cart | None: ...

    async def change(self, cart_id: str, decide: Decide) -> Cart | None:
        """Store what ``decide`` returns; answers it."""

    async def answer(self, cart_id: str, request: RequestKey) -> Cart | None:
        """What a request was answered, if it was; raises its stored refusal, or REQUEST_ID_REUSED."""

    async def change_for_request(self, cart_id: str, request: RequestKey, decide: Decide) -> Cart:
        """Store what ``decide`` returns once per request; a repeat answers as the first, also where that was refused."""

    async def change_once(self, cart_id: str, mark: str, decide: Decide) -> bool:
        """Store what ``decide`` returns once per mark, such as ``event:<id>``; False where it was done before."""


class Products(Protocol):
    """Copies of the catalog's products."""

    async def put(self, product: ProductCopy) -> bool:
        """Store a copy, unless the stored one is newer; whether it was."""

    async def product_of(self, variant_id: str) -> str | None:
        """The id of a variant's product."""

    async def offers(self, wanted: Iterable[tuple[str, str]]) -> dict[str, Offer]:
        """Offers by variant id, of (variant id, product id); those without a copy are absent."""


class Prices(Protocol):
    """The catalog itself, asked only for what the copies lack."""

    async def offers(self, variant_ids: Sequence[str]) -> dict[str, Offer]:
        """Offers that can be bought, by variant id; Unavailable where the catalog is away."""


class DeadLetterCopies(Protocol):
    """Copies of parked events for people."""

    async def send(self, group: str, record: Record, error: str) -> None: ...
