"""Placing an order: five steps, each of which a crash may follow, and a repeat of the request goes on from there.

(1) a row fixes the order's id; (2) the cart's lines, their prices, the stock; (3) the order; (4) its payment; (5) the
answer. What is held before (3) is released by the row's own end: refused, withdrawn or abandoned.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.chassis import ids
from services.chassis.database import Database
from services.chassis.errors import (
    Code,
    FailedPrecondition,
    InvalidArgument,
    ServiceError,
    Unavailable,
    invalid_field,
)
from services.chassis.money import Money
from services.order.domain import saga
from services.order.domain.buyers import buyer_key
from services.order.domain.contact import Contact
from services.order.domain.events import PaymentFlow, Placed
from services.order.domain.order import OrderView
from services.order.domain.redirects import for_order, redirect_allowed
from services.order.domain.tokens import TokenKeys, token_hash
from services.order.domain.totals import Adjustments, Item, Line, Totals, price
from services.order.ports import (
    CartContent,
    Carts,
    Catalog,
    Instructions,
    Orders,
    Payments,
    PlacementKey,
    Placements,
    PlacementStatus,
    Prices,
)
from services.order.use_cases.limits import UnpaidLimit
from services.order.use_cases.refusals import cart_changed, price_changed, refuse_unavailable, standing_answer


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for; `user_id` is empty for a guest, `cart_id` for a customer's own cart."""

    key: PlacementKey
    user_id: str
    cart_id: str
    cart_etag: str
    expected_total: Money
    contact: Contact
    payment_flow: PaymentFlow
    success_url: str
    cancel_url: str

    @property
    def buyer(self) -> bytes:
        """By whom what is held is counted."""
        return buyer_key(self.user_id, self.contact.email)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The answer: the order as placed, its token, and how to pay."""

    view: OrderView
    token: str
    instructions: Instructions


@dataclass(frozen=True, slots=True)
class Policy:
    """The shop's own rules of placing."""

    currency: str
    redirect_allow_list: tuple[str, ...]
    deadline: timedelta
    reservation_life: timedelta
    abandon_after: timedelta
    max_unpaid_units: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What step (2) found and holds."""

    cart_id: str
    lines: tuple[Line, ...]
    totals: Totals


class PlaceOrder:
    """The use case; one call is one attempt, and the same request id continues an earlier one."""

    def __init__(
        self,
        database: Database,
        orders: Orders,
        placements: Placements,
        carts: Carts,
        catalog: Catalog,
        payments: Payments,
        keys: TokenKeys,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._orders = orders
        self._placements = placements
        self._carts = carts
        self._catalog = catalog
        self._payments = payments
        self._keys = keys
        self._policy = policy
        self._clock = clock
        self._limit = UnpaidLimit(orders, policy.max_unpaid_units)

    async def __call__(self, wish: Wish) -> PlacedOrder:
        """Places the order, or answers as the first call with this request id did.

        InvalidArgument, Aborted CART_CHANGED, FailedPrecondition PRICE_CHANGED, INSUFFICIENT_STOCK, CART_EMPTY,
        NOTHING_TO_PAY, TOO_MUCH_UNPAID, VARIANTS_UNAVAILABLE, REQUEST_ID_REUSED, REQUEST_ABANDONED; Unavailable may be repeated.
        """
        self._check(wish)
        abandon_at = self._clock() + self._policy.abandon_after
        placement = await self._placements.find_or_begin(wish.key, ids.new("ord"), abandon_at)
        if placement.status is PlacementStatus.OPEN:
            await self._place(wish, placement.order_id)
        else:
            _raise(standing_answer(placement))
        return await self._open_payment(placement.order_id)

    def _check(self, wish: Wish) -> None:
        """What is wrong whatever the state is; nothing is kept of such a request."""
        if not wish.user_id and not wish.cart_id:
            raise invalid_field("cart_id", "names the cart of a guest; only a customer who is logged in has their own")
        if wish.expected_total.currency != self._policy.currency:
            raise invalid_field("expected_total.currency_code", f"the shop sells in {self._policy.currency}")
        urls = {"success_url": wish.success_url, "cancel_url": wish.cancel_url}
        wrong = [
            invalid_field(field, "is not on the shop's list of allowed addresses").fields[0]
            for field, url in urls.items()
            if url and not redirect_allowed(url, self._policy.redirect_allow_list)
        ]
        if wrong:
            raise InvalidArgument("wrong: " + ", ".join(violation.field for violation in wrong), fields=wrong)

    async def _place(self, wish: Wish, order_id: str) -> None:
        """Steps (2) and (3); returns with the order placed, by us or by a repeat that ran beside us."""
        try:
            held = await self._hold(wish, order_id)
        except ServiceError as error:
            await self._give_up(wish.key, order_id, error)
            return

        async def place() -> ServiceError | None:
            refusal = await self._limit.final_refusal(wish.buyer, sum(line.quantity for line in held.lines))
            if refusal is None:
                await self._append(wish, order_id, held)
                await self._placements.end(order_id, PlacementStatus.PLACED)
            else:
                await self._placements.end(order_id, PlacementStatus.REFUSED, refusal)
            return refusal

        await self._while_open(wish.key, order_id, place, instead=cart_changed())

    async def _hold(self, wish: Wish, order_id: str) -> _Held:
        """The cart's lines at today's prices, held in stock; every refusal comes before anything is held."""
        cart = await self._carts.content(user_id=wish.user_id, cart_id=wish.cart_id)
        if cart.etag != wish.cart_etag:
            raise cart_changed()
        if not cart.quantities:
            raise FailedPrecondition("CART_EMPTY", "the cart is empty")
        # Looked at here too, so that what is refused in the end takes nobody else's stock meanwhile.
        _raise(await self._limit.refusal(wish.buyer, sum(cart.quantities.values())))
        prices = await self._catalog.prices(list(cart.quantities), self._policy.currency)
        refuse_unavailable(prices)
        lines, totals = price(_items(cart, prices), Adjustments.none(self._policy.currency))
        if totals.total != wish.expected_total:
            raise price_changed(totals.total)
        if not totals.total:
            raise FailedPrecondition("NOTHING_TO_PAY", "an order that costs nothing cannot be paid")
        await self._catalog.reserve(order_id, cart.quantities, self._clock() + self._policy.reservation_life)
        return _Held(cart.cart_id, lines, totals)

    async def _give_up(self, key: PlacementKey, order_id: str, error: ServiceError) -> None:
        """Ends the request where the error is its answer; other errors leave it open for a repeat."""

        async def refuse() -> ServiceError:
            await self._placements.end(order_id, PlacementStatus.REFUSED, error)
            return error

        async def withdraw() -> ServiceError:
            await self._placements.withdraw(order_id)
            return error

        if error.code is Code.FAILED_PRECONDITION:
            await self._while_open(key, order_id, refuse, instead=error)
        elif error.code in (Code.ABORTED, Code.NOT_FOUND):
            # Never a stored answer, but nothing may stay held by an earlier attempt: a repeat gets another order id.
            await self._while_open(key, order_id, withdraw, instead=error)
        else:
            raise error

    async def _while_open(
        self,
        key: PlacementKey,
        order_id: str,
        act: Callable[[], Awaitable[ServiceError | None]],
        *,
        instead: ServiceError,
    ) -> None:
        """Acts under the row's lock if it is still open and raises what `act` answers; else the answer stands already.

        `instead` is raised where the row is gone: a repeat beside us found the cart changed.
        """
        async with self._database.transaction():
            placement = await self._placements.lock(key)
            if placement is None or placement.order_id != order_id:
                outcome: ServiceError | None = instead
            elif placement.status is PlacementStatus.OPEN:
                outcome = await act()
            else:
                outcome = standing_answer(placement)
        _raise(outcome)

    async def _append(self, wish: Wish, order_id: str, held: _Held) -> None:
        now = self._clock()
        key_id = self._keys.current
        placed = Placed(
            occurred_at=now,
            user_id=wish.user_id,
            contact_id=ids.new("con"),
            cart_id=held.cart_id,
            lines=held.lines,
            totals=held.totals,
            payment_flow=wish.payment_flow,
            expire_time=now + self._policy.deadline,
            token_key_id=key_id,
            token_hash=token_hash(self._keys.token(order_id, key_id)),
            success_url=for_order(wish.success_url, order_id),
            cancel_url=for_order(wish.cancel_url, order_id),
        )
        cause = f"rpc:PlaceOrder:{wish.key.scope}:{wish.key.request_id}"
        await self._orders.create(order_id, cause, saga.place(placed), wish.contact)

    async def _open_payment(self, order_id: str) -> PlacedOrder:
        """Steps (4) and (5). The order is answered as it was placed, so that every repeat answers the same."""
        record = await self._orders.as_placed(order_id)
        assert record is not None
        instructions = Instructions()
        if record.contact is not None:
            instructions = await self._instructions(order_id, record.order.placed, record.contact)
        token = self._keys.token(order_id, record.order.placed.token_key_id)
        return PlacedOrder(record.view, token, instructions)

    async def _instructions(self, order_id: str, placed: Placed, contact: Contact) -> Instructions:
        try:
            return await self._payments.create(order_id, placed, contact)
        except ServiceError as error:
            if error.reason == "PAYMENT_CLOSED":
                return Instructions()
            raise Unavailable(
                "the order is placed, but its payment could not be opened: repeat the request",
                reason="PAYMENT_UNAVAILABLE",
            ) from error


def _raise(error: ServiceError | None) -> None:
    if error is not None:
        raise error


def _items(cart: CartContent, prices: Prices) -> list[Item]:
    return [_item(prices, variant_id, quantity) for variant_id, quantity in cart.quantities.items()]


def _item(prices: Prices, variant_id: str, quantity: int) -> Item:
    variant = prices.variants[variant_id]
    return Item(
        variant_id=variant.variant_id,
        product_id=variant.product_id,
        sku=variant.sku,
        title=variant.title,
        variant_title=variant.variant_title,
        image_url=variant.image_url,
        quantity=quantity,
        unit_price=variant.unit_price,
    )
