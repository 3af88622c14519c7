"""What is promised of events, as the services declare it and are wired."""

import importlib
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local.environment import PREFIX, service_environment
from deploy.local.installation import Installation, read_ports
from ops.backup.settings import LONGEST_DAYS
from services.cart.adapters.carts import REMEMBERED
from services.chassis.effects import KEPT, DirectEffects, PostgresEffects
from services.chassis.migrations import DEAD_LETTER_TOPIC, declared_topics
from services.chassis.outbox import RETENTION
from services.chassis.requests import PostgresRequests
from services.chassis.service import Service
from services.notify.settings import Settings as NotifySettings
from services.order.api.consumers import VIEW_GROUP

SERVICES = Path(__file__).parents[2] / "services"
NAMES = ("auth", "cart", "catalog", "notify", "order", "payment")
PERSONAL_DATA = timedelta(days=30)
TOPICS = {name: topic for service in NAMES for name, topic in declared_topics(SERVICES / service, ()).items()}


def assembled(name: str, installation: Installation) -> Service:
    """The service as it is wired; nothing is connected to."""
    main = importlib.import_module(f"services.{name}.main")
    settings = importlib.import_module(f"services.{name}.settings").Settings
    environment = service_environment(name, installation)
    given = {key.removeprefix(PREFIX).lower(): value for key, value in environment.items()}
    service: Service = main.assemble(settings.model_validate(given))
    return service


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("state"), read_ports(0, test=True))


def test_the_topics_of_events_have_twelve_partitions() -> None:
    """For good: with another number the keys would move."""
    events = ("order-events", "payment-events", "product-events", "user-events")
    assert {name: topic["partitions"] for name, topic in TOPICS.items()} == dict.fromkeys(events, 12)


def test_no_event_is_kept_for_more_than_thirty_days() -> None:
    topics = [timedelta(days=topic["retention_days"]) for topic in (*TOPICS.values(), DEAD_LETTER_TOPIC)]
    assert max(RETENTION, timedelta(days=LONGEST_DAYS), *topics) <= PERSONAL_DATA


def test_what_knows_events_outlives_them_all() -> None:
    assert min(KEPT, REMEMBERED) >= PERSONAL_DATA
    assert NotifySettings(delivery_days=KEPT.days).deliveries_kept() >= PERSONAL_DATA
    with pytest.raises(ValidationError):
        NotifySettings(delivery_days=KEPT.days - 1)


@pytest.mark.parametrize("name", NAMES)
def test_every_service_forgets_in_time(name: str, installation: Installation) -> None:
    service = assembled(name, installation)
    purges = {"purge-outbox"} if service.relay else set()
    if isinstance(service.requests, PostgresRequests):
        purges.add("purge-requests")
    if any(isinstance(consumer.effects, PostgresEffects) for consumer in service.consumers):
        purges.add("purge-inbox")
    periodic = dict(service.worker._periodic) if service.worker else {}
    assert purges <= periodic.keys()
    assert all(RETENTION + periodic[purge] <= PERSONAL_DATA for purge in purges)


def test_the_read_model_parks_nothing(installation: Installation) -> None:
    consumers = assembled("order", installation).consumers
    assert [type(each.effects) for each in consumers if each.group == VIEW_GROUP] == [DirectEffects]
