"""A database and a topic of each test's own, on the test stack's Kafka or on one that may be stopped and killed."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.bootstrap import ROOT
from deploy.local.installation import Installation, offset_of, read_overrides, read_ports
from deploy.local.stack import Stack
from services.chassis import ids
from tests.events.world import World, topics_made, world_on

MIGRATIONS = Path(__file__).parents[1] / "chassis" / "migrations"
BESIDE = 14010
"""Ports of a stack that is stopped and killed lie so far above the test stack's."""
LEFT_OUT = {"media", "traces", "otlp"}


@pytest.fixture(scope="session")
def whole(pytestconfig: pytest.Config) -> bool:
    """Whether outages are as long, and kills as many, as the promise says."""
    return bool(pytestconfig.getoption("--whole"))


@pytest.fixture
def database_url(new_database: Callable[[Path | None], str]) -> str:
    """A database whose outbox no other test's relay reads."""
    return new_database(MIGRATIONS)


@pytest.fixture
async def world(kafka: str, database_url: str, run_prefix: str) -> AsyncIterator[World]:
    """On the test stack's Kafka, which must not be touched."""
    async with world_on(kafka, database_url, a_prefix(run_prefix)) as made:
        topics_made(made)
        yield made


def a_prefix(run_prefix: str) -> str:
    return f"{run_prefix}{ids.new_uuid().hex[-8:]}."


@contextmanager
def own_stack(name: str, *parts: str, **overrides: str) -> Iterator[Stack]:
    """Only these parts, or all that orders need, in a folder and on ports of their own; gone afterwards."""
    ports = read_ports(offset_of(read_overrides(ROOT / ".env", os.environ)) + BESIDE, test=True)
    state = ROOT / ".local" / name
    stack = Stack(Installation(state, ports, overrides=overrides, prefix="e1.", test=True))
    try:
        stack.up(only=set(parts) or stack.components.keys() - LEFT_OUT)
        yield stack
    finally:
        stack.reset()
