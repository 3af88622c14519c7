"""What orders and staff do to stock, and what orders need to know of variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.catalog.domain.pricing import PricedVariant
from services.catalog.domain.stock import ReservationState, StockLevel, StockLine, check_lines
from services.catalog.ports import Prices, Stock
from services.chassis.clock import Clock
from services.chassis.errors import NotFound

LAPSED_AT_ONCE = 200
"""Reservations that one run of the sweeper lapses at most, so that it ends within its lease."""


@dataclass(frozen=True, slots=True)
class PricedLines:
    """Variants that can be bought, in the order asked for, and the ids of the others."""

    variants: Sequence[PricedVariant]
    unavailable: Sequence[str]


class StockUseCases:
    """What orders and staff do to stock."""

    def __init__(self, stock: Stock, prices: Prices, clock: Clock) -> None:
        self._stock = stock
        self._prices = prices
        self._clock = clock

    async def price(self, variant_ids: Sequence[str], currency: str) -> PricedLines:
        """Prices and free stock of the variants that can be bought in the currency."""
        priced = {variant.variant_id: variant for variant in await self._prices.of(variant_ids, currency)}
        return PricedLines(
            variants=[priced[each] for each in variant_ids if each in priced],
            unavailable=[each for each in variant_ids if each not in priced],
        )

    async def reserve(self, order_id: str, lines: Sequence[StockLine], expire_time: datetime) -> ReservationState:
        """Holds all lines for the order or none."""
        check_lines(lines)
        return await self._stock.reserve(order_id, lines, expire_time, self._clock())

    async def sell(self, order_id: str) -> ReservationState:
        """Sells what the order holds."""
        return await self._stock.sell(order_id, self._clock())

    async def release(self, order_id: str) -> ReservationState:
        """Gives back what the order holds, for ever."""
        return await self._stock.release(order_id, self._clock())

    async def adjust(self, variant_id: str, delta: int, reason: str) -> StockLevel:
        """Adds units to a variant's stock or takes free ones away."""
        level = await self._stock.adjust(variant_id, delta, reason, self._clock())
        if level is None:
            raise NotFound("variant", variant_id)
        return level

    async def sweep(self) -> int:
        """Lapses reservations whose time is over; how many."""
        for lapsed in range(LAPSED_AT_ONCE):
            if await self._stock.lapse_next(self._clock()) is None:
                return lapsed
        return LAPSED_AT_ONCE
