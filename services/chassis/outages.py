"""Telling an outage (wait for it) from a fault (it will fail again)."""

import asyncio

import psycopg
import psycopg_pool

from services.chassis.errors import Code, ServiceError

_WAITING = {Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.CANCELLED}
_POSTGRES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # this process was paused inside a transaction
    psycopg.errors.ReadOnlySqlTransaction,  # after a fail-over: the server we know is no longer the primary
    psycopg_pool.PoolTimeout,
    psycopg_pool.PoolClosed,
)
_FOREIGN = {
    "pymongo.errors": ("AutoReconnect", "ConnectionFailure"),
    "redis.exceptions": (
        "ConnectionError", "TimeoutError", "OutOfMemoryError", "ReadOnlyError", "ClusterDownError", "TryAgainError",
    ),
}  # fmt: skip
_VALKEY_CANNOT_WRITE = ("MISCONF ", "NOREPLICAS ", "BUSY ")
"""Codes for which its client has no class: the disk is full, replicas are away, a script takes long."""


def is_outage(error: BaseException) -> bool:
    """Whether something that is needed is away, so that the same work succeeds later."""
    if isinstance(error, ServiceError):
        return error.code in _WAITING
    if isinstance(error, _POSTGRES):
        return True
    if isinstance(error, ConnectionError | TimeoutError | asyncio.TimeoutError):
        return True
    # By name: only some services have these libraries, and the chassis loads neither.
    return any(
        base.__module__ in _FOREIGN and base.__name__ in _FOREIGN[base.__module__] for base in type(error).__mro__
    ) or (type(error).__module__ == "redis.exceptions" and str(error).startswith(_VALKEY_CANNOT_WRITE))
