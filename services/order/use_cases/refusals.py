"""The refusals of a request to place an order, and what a request that has ended answers."""

from services.chassis.errors import Aborted, FailedPrecondition, PreconditionViolation, ServiceError
from services.chassis.money import Money
from services.order.ports import Placement, PlacementStatus, Prices


def standing_answer(placement: Placement) -> ServiceError | None:
    """What a placement that has ended answers; None where the order was placed."""
    if placement.status is PlacementStatus.ABANDONED:
        return FailedPrecondition(
            "REQUEST_ABANDONED", "the request was not finished in time and nothing is held: order again"
        )
    return placement.refusal


def cart_changed() -> Aborted:
    """The cart has another etag than the customer saw."""
    return Aborted("CART_CHANGED", "the cart changed since the customer saw it: show it again")


def price_changed(total: Money) -> FailedPrecondition:
    """The total is another than the customer agreed to."""
    found = PreconditionViolation("PRICE_CHANGED", "expected_total", "differs from the present total")
    return FailedPrecondition(
        "PRICE_CHANGED",
        "the total is another than expected: show it again",
        metadata={"total_minor_units": str(total.amount), "currency_code": total.currency},
        preconditions=[found],
    )


def refuse_unavailable(prices: Prices) -> None:
    """Raises VARIANTS_UNAVAILABLE, naming each, where there are any."""
    if prices.unavailable:
        raise FailedPrecondition(
            "VARIANTS_UNAVAILABLE",
            "the cart holds what cannot be bought any more",
            preconditions=[
                PreconditionViolation("VARIANT_UNAVAILABLE", variant_id, "cannot be bought")
                for variant_id in prices.unavailable
            ],
        )
