"""What one buyer may hold without having paid."""

from services.chassis.errors import FailedPrecondition, PreconditionViolation
from services.order.ports import Orders


class UnpaidLimit:
    """At most so many units in one buyer's orders that are placed and not paid; 0 is no limit."""

    def __init__(self, orders: Orders, most: int) -> None:
        self._orders = orders
        self._most = most

    async def refusal(self, buyer: bytes, units: int) -> FailedPrecondition | None:
        """TOO_MUCH_UNPAID where so many units more are too many as things stand now; None where they are not."""
        if not self._most:
            return None
        held = await self._orders.unpaid_units(buyer)
        return _too_much(held, units, self._most) if held + units > self._most else None

    async def final_refusal(self, buyer: bytes, units: int) -> FailedPrecondition | None:
        """The same, and until the open transaction ends nobody else places an order for the buyer."""
        if self._most:
            await self._orders.lock_buyer(buyer)
        return await self.refusal(buyer, units)


def _too_much(held: int, units: int, most: int) -> FailedPrecondition:
    described = f"{held} units are ordered and not paid, {units} more would be over {most}"
    return FailedPrecondition(
        "TOO_MUCH_UNPAID",
        f"{described}: pay for what is ordered or cancel it first",
        metadata={"held_units": str(held), "ordered_units": str(units), "max_units": str(most)},
        preconditions=[PreconditionViolation("TOO_MUCH_UNPAID", "cart", described)],
    )
