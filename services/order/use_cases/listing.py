"""Keeping the copies for lists: one order after an event, all of them in a rebuild."""

from collections.abc import Sequence

import structlog

from services.order.ports import OrderLists, Orders

log = structlog.get_logger()
BATCH = 200


class Listing:
    """An event means only that an order is at least so far: what is copied is always read from the streams."""

    def __init__(self, orders: Orders, lists: OrderLists) -> None:
        self._orders = orders
        self._lists = lists

    async def copy(self, order_id: str) -> None:
        """Brings the copy of one order up to date; nothing where there is no such order."""
        record = await self._orders.get(order_id)
        if record is not None:
            await self._lists.replace(record.view)

    async def mend(self) -> None:
        """Rebuilds where the copies are missing, of another projection or incarnation, or left half done."""
        rebuild = await self._lists.begin_rebuild()
        if rebuild is not None:
            await self._rebuild(rebuild)

    async def rebuild(self) -> int:
        """Rebuilds now, for the command; returns how many orders were copied."""
        return await self._rebuild(await self._lists.force_rebuild())

    async def _rebuild(self, rebuild: str) -> int:
        """In place. The ids are read first: an order placed meanwhile has a stream by the time it is missed."""
        log.info("read_model_rebuild_begins")
        old = await self._lists.ids()
        count = 0
        last: str | None = None
        while batch := await self._orders.ids_after(last, BATCH):
            for record in await self._orders.many(batch):
                await self._lists.replace(record.view)
            count, last = count + len(batch), batch[-1]
            if not await self._lists.go_on(rebuild):
                return count
        await self._delete_orphans(old)
        await self._lists.finish(rebuild)
        log.info("read_model_rebuilt", orders=count)
        return count

    async def _delete_orphans(self, order_ids: Sequence[str]) -> None:
        """Deletes the copies whose stream does not exist now."""
        for start in range(0, len(order_ids), BATCH):
            batch = order_ids[start : start + BATCH]
            existing = {record.order.id for record in await self._orders.many(batch)}
            await self._lists.delete([order_id for order_id in batch if order_id not in existing])
