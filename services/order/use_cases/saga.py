"""What moves an order after it was placed: payment's events, and the tasks that the order left behind.

The rules are in ``domain/saga.py``; here the world is asked and its answer handed to them.
"""

from collections.abc import Callable
from datetime import datetime

from services.chassis.database import Database
from services.chassis.errors import Code, ServiceError
from services.chassis.money import Money
from services.chassis.tasks import Again
from services.order.domain import saga
from services.order.domain.order import Order, State
from services.order.ports import Catalog, CloseOutcome, Orders, Payments, Placements, PlacementStatus

PENDING_AGAIN_SECONDS = 2.0
PAID_AGAIN_SECONDS = 5.0


class Saga:
    """Each method is safe to repeat: by its cause, and because a state that was left takes the same input no more."""

    def __init__(
        self,
        database: Database,
        orders: Orders,
        placements: Placements,
        catalog: Catalog,
        payments: Payments,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._orders = orders
        self._placements = placements
        self._catalog = catalog
        self._payments = payments
        self._clock = clock

    async def payment_succeeded(self, order_id: str, cause: str, payment_id: str, captured: Money) -> None:
        """The full amount was captured."""
        await self._decide(order_id, cause, saga.PaymentArrived(self._clock(), payment_id, captured))

    async def payment_refunded(self, order_id: str, cause: str, refund_id: str, amount: Money, refunded: Money) -> None:
        """Money went back; `refunded` is all that did by then."""
        await self._decide(order_id, cause, saga.RefundMade(self._clock(), refund_id, amount, refunded))

    async def payment_refund_failed(
        self, order_id: str, cause: str, refund_id: str, amount: Money, refunded: Money
    ) -> None:
        """Money that went back came back; `refunded` is all that has gone back without it."""
        await self._decide(order_id, cause, saga.RefundFailed(self._clock(), refund_id, amount, refunded))

    async def abandon(self, order_id: str) -> None:
        """Ends a request to place an order that nobody finished, then its stock is released."""
        async with self._database.transaction():
            placement = await self._placements.lock_by_order(order_id)
            if placement is not None and placement.status is PlacementStatus.OPEN:
                await self._placements.end(order_id, PlacementStatus.ABANDONED)

    async def close_payment(self, order_id: str, cause: str) -> None:
        """Ends an unpaid order that is overdue or called off, once payment said that it can never be paid any more.

        Raises Again while payment has not decided, or while the news that it was paid is on its way.
        """
        if await self._state(order_id) is not State.PLACED:
            return
        outcome = await self._payments.close(order_id)
        if outcome is CloseOutcome.CLOSED:
            await self._decide(order_id, cause, saga.PaymentClosed(self._clock()))
        elif outcome is CloseOutcome.PENDING:
            raise Again(PENDING_AGAIN_SECONDS)
        else:
            raise Again(PAID_AGAIN_SECONDS)

    async def sell_stock(self, order_id: str, cause: str) -> None:
        """Turns a paid order's reservation into a sale; where that can never be, the order is rejected."""
        if await self._state(order_id) is not State.PAID:
            return
        happened: saga.Input
        try:
            await self._catalog.sell(order_id)
            happened = saga.StockSold(self._clock())
        except ServiceError as error:
            if error.code is not Code.FAILED_PRECONDITION:
                raise
            happened = saga.StockRefused(self._clock(), error.reason)
        await self._decide(order_id, cause, happened)

    async def release_stock(self, order_id: str) -> None:
        """Gives back whatever the order holds."""
        await self._catalog.release(order_id)

    async def issue_again(self, order_id: str) -> None:
        """After a restore: asks catalog and payment again for what the order's state stands for.

        Their databases came out of the backup some milliseconds apart from this one; both answer again what they
        have done. Appends nothing; an order that is PLACED or PAID has a task of its own that asks.
        """
        state = await self._state(order_id)
        if state is State.CONFIRMED:
            await self._sell_again(order_id)
        elif state in (State.CANCELED, State.EXPIRED, State.REJECTED):
            if await self._payments.close(order_id) is CloseOutcome.PENDING:
                raise Again(PENDING_AGAIN_SECONDS)
            await self._catalog.release(order_id)

    async def _sell_again(self, order_id: str) -> None:
        try:
            await self._catalog.sell(order_id)
        except ServiceError as error:
            if error.code is not Code.FAILED_PRECONDITION:
                raise
            # It was called off a moment ago. Or the units are gone for good, which the audit's `reservations` finds.

    async def _state(self, order_id: str) -> State | None:
        head = await self._orders.head(order_id)
        return head.state if head else None

    async def _decide(self, order_id: str, cause: str, happened: saga.Input) -> Order:
        return await self._orders.update(order_id, cause, lambda order: saga.decide(order, happened))
