"""Requests to place orders, in PostgreSQL: the request row of a method whose work is more than one transaction."""

from collections.abc import Callable
from datetime import datetime

from google.rpc import status_pb2
from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis import ids
from services.chassis.database import Database, Query, Row, query
from services.chassis.errors import ServiceError, Unavailable
from services.chassis.requests import reused
from services.chassis.statuses import error_of, status_of
from services.chassis.tasks import Tasks
from services.order.adapters.tables import placements
from services.order.domain.saga import TaskKind
from services.order.ports import Placement, PlacementKey, PlacementStatus

_KEY = and_(placements.c.scope == bindparam("scope"), placements.c.request_id == bindparam("request_id"))
_ORDER = placements.c.order_id == bindparam("of")
_BEGIN = query(upsert(placements).on_conflict_do_nothing())
_READ = query(select(placements).where(_KEY))
_LOCK = query(select(placements).where(_KEY).with_for_update())
_LOCK_BY_ORDER = query(select(placements).where(_ORDER).with_for_update())
_END = query(update(placements).where(_ORDER).values(status=bindparam("to_status"), refusal=bindparam("to_refusal")))
_WITHDRAW = query(delete(placements).where(_ORDER))
_PURGE = query(
    delete(placements).where(
        placements.c.create_time < bindparam("before"), placements.c.status != PlacementStatus.OPEN.value
    )
)


class PlacementRepository:
    """The port ``Placements``."""

    def __init__(self, database: Database, tasks: Tasks, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._tasks = tasks
        self._clock = clock

    async def find_or_begin(self, key: PlacementKey, order_id: str, abandon_at: datetime) -> Placement:
        """The placement of this request; a new one is OPEN under ``order_id`` and has its abandon task."""
        async with self._database.transaction() as tx:
            if await tx.execute(_BEGIN, **_new_row(key, order_id, self._clock())):
                await self._tasks.add(tx, TaskKind.ABANDON, order_id, due=abandon_at)
            row = await tx.one(_READ, scope=key.scope, request_id=key.request_id)
        if row is None:
            raise Unavailable("the same request was withdrawn just now: repeat it", retry_after=0.1)
        if bytes(row["body_hash"]) != key.body_hash:
            raise reused()
        return _placement(row)

    async def lock(self, key: PlacementKey) -> Placement | None:
        """The placement, locked until the transaction ends."""
        return await self._locked(_LOCK, scope=key.scope, request_id=key.request_id)

    async def lock_by_order(self, order_id: str) -> Placement | None:
        """The same, by the order's id."""
        return await self._locked(_LOCK_BY_ORDER, of=ids.uuid_of(order_id))

    async def _locked(self, locking: Query, **params: object) -> Placement | None:
        async with self._database.transaction() as tx:
            row = await tx.one(locking, **params)
        return _placement(row) if row else None

    async def end(self, order_id: str, status: PlacementStatus, refusal: ServiceError | None = None) -> None:
        """Leaves OPEN; anything but PLACED leaves a task that releases the stock."""
        stored = status_of(refusal).SerializeToString() if refusal else None
        async with self._database.transaction() as tx:
            await tx.execute(_END, of=ids.uuid_of(order_id), to_status=status, to_refusal=stored)
            if status is not PlacementStatus.PLACED:
                await self._tasks.add(tx, TaskKind.RELEASE_STOCK, order_id)

    async def withdraw(self, order_id: str) -> None:
        """Forgets the request, so that a repeat begins anew, and leaves a task that releases the stock."""
        async with self._database.transaction() as tx:
            await tx.execute(_WITHDRAW, of=ids.uuid_of(order_id))
            await self._tasks.add(tx, TaskKind.RELEASE_STOCK, order_id)

    async def purge(self, before: datetime) -> None:
        """Deletes those that ended and began before."""
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE, before=before)


def _new_row(key: PlacementKey, order_id: str, now: datetime) -> Row:
    return {
        "scope": key.scope,
        "request_id": key.request_id,
        "body_hash": key.body_hash,
        "order_id": ids.uuid_of(order_id),
        "status": PlacementStatus.OPEN,
        "refusal": None,
        "create_time": now,
    }


def _placement(row: Row) -> Placement:
    refusal = row["refusal"]
    return Placement(
        order_id=ids.text("ord", row["order_id"]),
        status=PlacementStatus(row["status"]),
        refusal=error_of(status_pb2.Status.FromString(bytes(refusal))) if refusal else None,
    )
