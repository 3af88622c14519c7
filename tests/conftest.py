"""Fixtures for every test: the test stack, and databases and names of a test's own in it."""

import gc
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings

from deploy.local import addresses
from deploy.local.stack import Stack
from services.chassis.migrations import migrate_database
from tests.said import lately

if TYPE_CHECKING:
    from tests.e2e.shop import Shop

RUN = secrets.token_hex(3)
"""Leads every name that a test makes, so that runs on one stack never meet."""
SAMPLED_SEEDS, RACED_SEEDS = 2, 40
RACED_EXAMPLES, FAST_EXAMPLES = 2000, 25
_LEFT_OUT = re.compile(r"^pytestmark = .*\bmark\.(stack|slow)\b", re.MULTILINE)
"""Marks a whole file, which --fast need not import: that takes longer than some hundred tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="only tests that need no servers and start none")
    parser.addoption("--whole", action="store_true", help="outages and kills of Kafka as long and as many as promised")
    parser.addoption(
        "--race", action="store_true", help="races with all seeds and in full size, as make race runs them"
    )
    parser.addoption("--full", action="store_true", help="what is done to a cluster as often and as long as promised")
    parser.addoption("--seeds", type=int, help=f"seeds of each race; {SAMPLED_SEEDS}, with --race {RACED_SEEDS}")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fast"):
        config.option.markexpr = "not stack and not slow and not cluster"
        settings.register_profile("fast", max_examples=FAST_EXAMPLES)
        settings.load_profile("fast")
    elif not names_cluster(config):
        asked = config.option.markexpr
        config.option.markexpr = f"({asked}) and not cluster" if asked else "not cluster"
    if config.getoption("--race"):
        settings.register_profile("race", max_examples=RACED_EXAMPLES)
        settings.load_profile("race")


def names_cluster(config: pytest.Config) -> bool:
    """Whether the run is asked for tests that need a Kubernetes, by `-m cluster` or the like."""
    return "cluster" in config.option.markexpr


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--fast") or collection_path.suffix != ".py":
        return None
    return _LEFT_OUT.search(collection_path.read_text()) is not None or None


def pytest_collection_finish() -> None:
    gc.freeze()  # what is imported by now stays: to look through it again and again takes a tenth of the fast tests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a ``seed`` runs once for each."""
    if "seed" in metafunc.fixturenames:
        given = metafunc.config.getoption("--seeds")
        most = RACED_SEEDS if metafunc.config.getoption("--race") else SAMPLED_SEEDS
        metafunc.parametrize("seed", range(most if given is None else given))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test of the whole shop shows what the services said."""
    report = yield
    if report.failed and "running_shop" in getattr(item, "fixturenames", ()):
        report.sections.append(("what the services said lately", lately(Stack.for_tests().installation.folder("logs"))))
    return report


@pytest.fixture(scope="session")
def race(pytestconfig: pytest.Config) -> bool:
    """Whether races are run in full size."""
    return bool(pytestconfig.getoption("--race"))


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The test stack, on ports and folders of its own; parts are started by the fixtures that need them."""
    return Stack.for_tests()


@pytest.fixture(scope="session")
def run_prefix() -> str:
    """A prefix for topics, groups and transactional ids of this run."""
    return f"{RUN}."


@pytest.fixture(scope="session")
def kafka(stack: Stack) -> str:
    """The address of a real Kafka."""
    stack.up(only={"kafka"})
    return stack.address("kafka")


@pytest.fixture(scope="session")
def new_database(stack: Stack) -> Iterator[Callable[[Path | None], str]]:
    """Makes databases: given a service's ``migrations`` folder (or None), the address of a new one with its schema."""
    stack.up(only={"postgres"})
    admin = addresses.postgres(stack.installation)
    made: list[str] = []

    def new(migrations: Path | None = None) -> str:
        name = f"t_{RUN}_{os.getpid()}_{len(made)}"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'create database "{name}"')
        made.append(name)
        url = admin.rpartition("/")[0] + f"/{name}"
        if migrations is not None:
            migrate_database(url, migrations)
        return url

    yield new
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in made:
            connection.execute(f'drop database if exists "{name}" with (force)')


@pytest_asyncio.fixture(scope="session")
async def running_shop(stack: Stack) -> AsyncIterator["Shop"]:
    """The whole shop, started once."""
    from tests.e2e.shop import Shop  # with the world's clients, which tests without servers do without

    stack.up(only=set(stack.components) - {"media"})
    async with Shop(stack) as running:
        yield running


@pytest_asyncio.fixture
async def shop(running_shop: "Shop") -> "Shop":
    """The whole shop, running, its staff logged in; tests make their own products and shoppers in it."""
    await running_shop.keep_logged_in()
    return running_shop
