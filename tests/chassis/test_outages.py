"""What is waited for, and what will fail again."""

import psycopg
import pytest
from pymongo.errors import ServerSelectionTimeoutError
from redis.exceptions import BusyLoadingError, MasterDownError, ResponseError

from services.chassis.errors import FailedPrecondition, Unavailable
from services.chassis.outages import is_outage


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection"),
        psycopg.errors.ReadOnlySqlTransaction("the primary is elsewhere now"),
        psycopg.errors.AdminShutdown("terminating connection"),
        psycopg.errors.IdleInTransactionSessionTimeout("terminating connection"),
        ConnectionRefusedError(),
        TimeoutError(),
        Unavailable("away"),
        ServerSelectionTimeoutError(),
        BusyLoadingError(),
        MasterDownError("MASTERDOWN link is down"),
        ResponseError("MISCONF errors writing to the append-only file: No space left on device"),
        ResponseError("NOREPLICAS not enough good replicas to write."),
        ResponseError("BUSY is running a script"),
    ],
)
def test_an_outage_is_waited_for(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.CheckViolation("free < 0"),
        psycopg.errors.UndefinedColumn("no such column"),
        FailedPrecondition("X", "x"),
        ResponseError("WRONGTYPE"),
        ValueError("x"),
    ],
)
def test_a_fault_is_not(error: Exception) -> None:
    assert not is_outage(error)
