"""Stock and reservations: what an order may do, and how a refusal reads. Counting is the database's, under its locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.chassis.errors import FailedPrecondition, FieldViolation, InvalidArgument, PreconditionViolation


class ReservationState(StrEnum):
    """What an order holds. A released order is refused for ever; a lapsed one may still be sold from free stock."""

    RESERVED = "RESERVED"
    SOLD = "SOLD"
    LAPSED = "LAPSED"
    RELEASED = "RELEASED"


class Bucket(StrEnum):
    """Where a unit is; the values are columns."""

    FREE = "free"
    RESERVED = "reserved"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class Move:
    """Units go from one bucket to another, and the reservation enters ``state``; ``reason`` is for the record."""

    source: Bucket
    target: Bucket
    state: ReservationState
    reason: str


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of one variant."""

    variant_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockLevel:
    """The stock of a variant at one version: received = free + reserved + sold, none negative."""

    variant_id: str
    product_id: str
    received: int
    free: int
    reserved: int
    sold: int
    version: int


@dataclass(frozen=True, slots=True)
class StockChange:
    """A variant's stock after a change, why it changed and for which order; empty where staff changed it."""

    level: StockLevel
    reason: str
    order_id: str
    change_time: datetime


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing: ``available`` units instead of ``wanted``; ``sku`` is the variant's id where it is unknown."""

    sku: str
    wanted: int
    available: int


RESERVE = Move(Bucket.FREE, Bucket.RESERVED, ReservationState.RESERVED, "reserve")
SELL = Move(Bucket.RESERVED, Bucket.SOLD, ReservationState.SOLD, "sell")
SELL_LAPSED = Move(Bucket.FREE, Bucket.SOLD, ReservationState.SOLD, "sell")
LAPSE = Move(Bucket.RESERVED, Bucket.FREE, ReservationState.LAPSED, "lapse")
RELEASE = Move(Bucket.RESERVED, Bucket.FREE, ReservationState.RELEASED, "release")
RELEASE_SOLD = Move(Bucket.SOLD, Bucket.FREE, ReservationState.RELEASED, "release")

MOVES = (RESERVE, SELL, SELL_LAPSED, LAPSE, RELEASE, RELEASE_SOLD)


def check_lines(lines: Sequence[StockLine]) -> None:
    """Raises InvalidArgument that names each variant which comes twice."""
    seen: set[str] = set()
    faults = []
    for index, line in enumerate(lines):
        if line.variant_id in seen:
            faults.append(FieldViolation(f"lines[{index}].variant_id", "is that of another line as well"))
        seen.add(line.variant_id)
    if faults:
        raise InvalidArgument("a variant comes twice", fields=faults)


def reserving(order_id: str, state: ReservationState | None) -> Move | None:
    """How a reservation in ``state`` (None: not yet known) is reserved; None where it holds its units already."""
    if state is ReservationState.RELEASED:
        raise _released(order_id)
    return RESERVE if state in (None, ReservationState.LAPSED) else None


def selling(order_id: str, state: ReservationState | None) -> Move | None:
    """How a reservation in ``state`` is sold; None where it is sold already."""
    if state is None:
        raise FailedPrecondition("RESERVATION_UNKNOWN", f"order {order_id} has reserved nothing")
    if state is ReservationState.RELEASED:
        raise _released(order_id)
    return {ReservationState.RESERVED: SELL, ReservationState.LAPSED: SELL_LAPSED}.get(state)


def releasing(state: ReservationState) -> Move | None:
    """How a reservation in ``state`` is released; None where it holds nothing."""
    return {ReservationState.RESERVED: RELEASE, ReservationState.SOLD: RELEASE_SOLD}.get(state)


def _released(order_id: str) -> FailedPrecondition:
    return FailedPrecondition("RESERVATION_RELEASED", f"order {order_id} was released and can hold no stock any more")


def different_lines(order_id: str) -> FailedPrecondition:
    """The refusal to extend a reservation with other lines than it holds."""
    return FailedPrecondition("RESERVATION_DIFFERS", f"order {order_id} holds other lines")


def insufficient(shortages: Sequence[Shortage]) -> FailedPrecondition:
    """The refusal that names each SKU and what is available of it; metadata maps SKUs to available units."""
    violations = [
        PreconditionViolation(
            "INSUFFICIENT_STOCK", s.sku, f"{_units(s.available)} available, {_units(s.wanted)} wanted"
        )
        for s in shortages
    ]
    named = ", ".join(f"{s.sku} ({s.available} available)" for s in shortages)
    return FailedPrecondition(
        "INSUFFICIENT_STOCK",
        f"not enough stock: {named}",
        metadata={s.sku: str(s.available) for s in shortages},
        preconditions=violations,
    )


def _units(count: int) -> str:
    return f"{count} unit" if count == 1 else f"{count} units"
