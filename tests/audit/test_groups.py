"""The audit's table of consumer groups is what the services handle."""

import importlib
from collections.abc import Iterator

import pytest

from deploy.local.environment import PREFIX, service_environment
from deploy.local.installation import Installation, read_ports
from ops.audit.groups import GROUPS
from services.chassis.consumer import Consumer
from services.chassis.effects import PostgresEffects


def consumers(service: str, installation: Installation) -> Iterator[Consumer]:
    """The service's consumers whose inbox is in PostgreSQL; nothing is connected to."""
    main = importlib.import_module(f"services.{service}.main")
    settings = importlib.import_module(f"services.{service}.settings").Settings
    environment = service_environment(service, installation)
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items()}
    for consumer in main.assemble(settings.model_validate(given)).consumers:
        if isinstance(consumer.effects, PostgresEffects):
            yield consumer


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("state"), read_ports(0, test=True))


async def test_the_groups_are_those_of_the_services(installation: Installation) -> None:
    found = {
        consumer.group: (service, set(consumer.topics), consumer.types)
        for service in ("order", "payment", "notify")
        for consumer in consumers(service, installation)
    }
    assert found == {group.name: (group.consumer, {group.topic}, group.types) for group in GROUPS}
