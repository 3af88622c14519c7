"""Auth over a real database, with cheap password hashes and a clock of the test's own."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.auth import main
from services.auth.main import Core, core
from services.auth.settings import Settings
from services.auth.use_cases.accounts import NewUser
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Database

PASSWORD = "correct horse battery"


class TestClock:
    """The real time, moved by the test."""

    __test__ = False

    def __init__(self) -> None:
        self.moved = timedelta()
        self.stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped or utc_now()) + self.moved

    def stop(self) -> None:
        """From now on only the test moves it."""
        self.stopped = utc_now()

    def move(self, **by: float) -> None:
        self.moved += timedelta(**by)


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    return new_database(Path(main.__file__).parent / "migrations")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return auth_settings(database_url)


def auth_settings(database_url: str, **given: Any) -> Settings:
    values: dict[str, Any] = {
        "database_url": database_url,
        "key_encryption_key": b64encode(b"k" * 32).decode(),
        "log_in_failures": 3,
        "argon2_memory_kib": 8,
        "argon2_iterations": 1,
        "argon2_threads": 8,
    }
    return Settings(**(values | given))


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def auth(settings: Settings, clock: TestClock) -> AsyncIterator[Core]:
    made = core(settings, clock)
    async with made.database:
        await open_connections(made.database)
        yield made


async def open_connections(database: Database, count: int = 8) -> None:
    """Fills the pool, so that what a test starts at once really runs side by side."""
    barrier = asyncio.Barrier(count)

    async def hold() -> None:
        async with database.transaction():
            await barrier.wait()

    await asyncio.gather(*(hold() for _ in range(count)))


def somebody(**given: str) -> NewUser:
    """A person whom no other test knows."""
    return NewUser(**({"email": f"{ids.new('x')}@example.org", "password": PASSWORD, "display_name": "Ada"} | given))
