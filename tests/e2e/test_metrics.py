"""What an operator's rules read: each part's health, and the age of what waits."""

import importlib
import os
import time
from contextlib import suppress
from unittest.mock import patch

import pytest
from cryptography.x509 import load_pem_x509_certificate

from deploy.local.installation import SERVICES
from services.chassis.service import Service
from tests.e2e.metrics import health, samples
from tests.e2e.shop import Shop
from tests.waiting import until

pytestmark = pytest.mark.stack


def assembled(shop: Shop, service: str) -> Service:
    """The service as its process made it."""
    main = importlib.import_module(f"services.{service}.main")
    settings = importlib.import_module(f"services.{service}.settings").Settings
    with patch.dict(os.environ, shop.stack.environment(service)):
        made: Service = main.assemble(settings())
    return made


def parts(service: Service) -> set[str]:
    consumers = {f"consumer.{each.group}" for each in service.consumers}
    return {"api", *service.ready, *service.checks, *consumers} | ({"relay"} if service.relay else set())


@pytest.mark.parametrize("service", SERVICES)
async def test_each_part_of_a_service_shows_that_it_is_well(shop: Shop, service: str) -> None:
    expected = dict.fromkeys(parts(assembled(shop, service)), 1.0)

    seen = dict[str, float]()

    async def well() -> bool:
        nonlocal seen
        seen = await health(shop, service)
        return seen == expected

    with suppress(AssertionError):  # which says less than the comparison
        await until(well)
    assert seen == expected


@pytest.mark.parametrize("service", SERVICES)
async def test_the_age_of_what_waits_shows(shop: Shop, service: str) -> None:
    made = assembled(shop, service)
    waiting = {"shopmesh_outbox_age_seconds": made.relay, "shopmesh_task_age_seconds": made.worker}
    for name in (name for name, part in waiting.items() if part):
        (age,) = (await samples(shop, service, name)).values()
        assert 0 <= age < 60
    if service == "order":
        for name in ("shopmesh_order_paid_unconfirmed_seconds", "shopmesh_order_overdue_unpaid_seconds"):
            assert len(await samples(shop, service, name)) == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_the_end_of_a_certificate_shows_from_the_start(shop: Shop, service: str) -> None:
    (end,) = (await samples(shop, service, "shopmesh_certificate_expiration_timestamp_seconds")).values()
    certificate = shop.stack.installation.folder("tls") / f"{service}.pem"
    assert end == load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.timestamp() > time.time()
