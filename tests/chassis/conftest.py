"""A database with the chassis's tables and one table of effects to count."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from pydantic import SecretStr

from deploy.local.certificates import Certificates as LocalCertificates
from services.chassis import telemetry
from services.chassis.database import Database, query
from services.chassis.migrations import migrate_topics

TOPIC = "chassis-events"
INSERT_EFFECT = query("insert into effects (name) values (%(name)s)")
COUNT_EFFECTS = query("select count(*) as n from effects where name = %(name)s")


class Effects:
    """Counts effects by name."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, name: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(INSERT_EFFECT, name=name)

    async def count(self, name: str) -> int:
        async with self.database.reader() as tx:
            row = await tx.one(COUNT_EFFECTS, name=name)
        assert row is not None
        return int(row["n"])


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    return new_database(Path(__file__).parent / "migrations")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(postgres_settings(database_url)) as opened:
        yield opened


@pytest.fixture
def effects(database: Database) -> Effects:
    return Effects(database)


@pytest.fixture(scope="session")
def kafka_settings(kafka: str, run_prefix: str) -> Any:
    """A relay's and a consumer's settings, on a broker that has the tests' topic and its dead-letter topics."""
    client = {"bootstrap.servers": kafka}
    topics = {TOPIC: {"partitions": 4, "retention_days": 1}}
    groups = ("poison", "outage", "failing", "again", "kept", "copies")
    dead = {f"{TOPIC}.{group}.dlq": {"partitions": 1, "retention_days": 1} for group in groups}
    migrate_topics(client, run_prefix, 1, topics | dead)
    return SimpleNamespace(prefix=run_prefix, kafka_client=client)


def postgres_settings(url: str) -> Any:
    return SimpleNamespace(database_url=SecretStr(url), database_pool_size=8, database_pgbouncer=False)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    installation: Any = SimpleNamespace(folder=lambda _: folder)
    LocalCertificates(installation).renew()
    return folder


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    """What is measured by instruments that are made from now on."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(telemetry, "meter", lambda: provider.get_meter("tests"))
    return reader


def points(metrics: InMemoryMetricReader, name: str) -> list[NumberDataPoint]:
    """The present values of a metric."""
    data = metrics.get_metrics_data()
    found = [
        each
        for whole in (data.resource_metrics if data else [])
        for scope in whole.scope_metrics
        for each in scope.metrics
    ]
    every = [point for each in found if each.name == name for point in each.data.data_points]
    return [point for point in every if isinstance(point, NumberDataPoint)]


def tls_settings(folder: Path, name: str, **more: Any) -> Any:
    files = {"tls_ca_file": "ca.pem", "tls_cert_file": f"{name}.pem", "tls_key_file": f"{name}-key.pem"}
    return SimpleNamespace(**{k: str(folder / v) for k, v in files.items()}, **more)
