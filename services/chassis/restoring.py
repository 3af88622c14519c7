"""What a database out of a backup needs before its service may go on with it: one transaction, called by ``ops.restore``.

The database has gone back in time, the world has not: events of before the backup are published again, into new topics,
because nobody can say which of them every consumer had handled; inboxes know those that were.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.chassis.database import Database, Transaction, query
from services.chassis.outbox import RETENTION

_RAISE = query(
    """update chassis_state set incarnation = %(incarnation)s, topic_prefix = %(topic_prefix)s
       where incarnation < %(incarnation)s"""
)
_TOPIC_PREFIX = query("select topic_prefix from chassis_state")
_FORGET = query("delete from outbox where create_time < %(begin)s and publish_time is not null")
_PUBLISH_AGAIN = query("update outbox set publish_time = null where publish_time is not null")
_END_LEASES = query("delete from leases")
# A task that waits for its time goes on waiting: an order's deadline is not before its customer was told it is.
_TAKE_UP = query(
    """update tasks set lease_id = null, attempts = 0, due_time = least(due_time, now())
       where lease_id is not null or attempts > 0"""
)

Restored = Callable[[Transaction, datetime], Awaitable[dict[str, int]]]
"""What a service adds in the same transaction, given when the window begins; answers counts by name, for people."""


class SameIncarnation(Exception):
    """The database has had this incarnation, or a later one."""


async def make_good(
    database: Database, incarnation: int, topic_prefix: str, own: Restored | None = None
) -> dict[str, int]:
    """Makes a restored database fit to go on, as this incarnation and with these topics; counts of what was changed.

    The window is as long as the outbox may hold events, which are personal data. SameIncarnation, and nothing changed,
    where the database has had this incarnation.
    """
    begin = datetime.now(UTC) - RETENTION
    async with database.transaction() as tx:
        if not await tx.execute(_RAISE, incarnation=incarnation, topic_prefix=topic_prefix):
            raise SameIncarnation(f"the database is at incarnation {incarnation} or later already")
        forgotten = await tx.execute(_FORGET, begin=begin)
        events = await tx.execute(_PUBLISH_AGAIN)
        await tx.execute(_END_LEASES)
        tasks = await tx.execute(_TAKE_UP)
        counts = {"events_forgotten": forgotten, "events_to_publish_again": events, "tasks_taken_up": tasks}
        return counts | (await own(tx, begin) if own else {})


class TopicsCheck:
    """Passes where ``prefix`` is that of the topics the database goes with; one that was never restored goes with any.

    A service that went on with the topics of before a restore would take facts of the lost time for those of the new.
    """

    def __init__(self, database: Database, prefix: str) -> None:
        self._database = database
        self._prefix = prefix

    async def __call__(self) -> None:
        """Raises where it is another one."""
        async with self._database.reader() as tx:
            row = await tx.one(_TOPIC_PREFIX)
        wanted = row and row["topic_prefix"]
        if wanted not in (None, self._prefix):
            raise ConnectionError(
                f"this database was restored, and goes with the topics {wanted}*: set SHOPMESH_PREFIX"
            )
