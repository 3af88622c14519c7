"""Catalog's periodic tasks."""

from services.catalog.use_cases.stock import StockUseCases
from services.chassis.tasks import Handler, Task


def lapse_reservations(stock: StockUseCases) -> Handler:
    """The sweeper: a backstop for orders that neither sold nor released what they hold."""

    async def handle(_: Task) -> None:
        await stock.sweep()

    return handle
