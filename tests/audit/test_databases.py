"""Damage that a running shop would mend or refuse at once, in databases of its own."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from deploy.local.bootstrap import ROOT
from deploy.local.stack import Stack
from ops.audit.checks import CHECKS
from services.chassis import ids
from tests.audited import looked, settings

pytestmark = pytest.mark.stack
NewDatabase = Callable[[Path | None], str]


async def found(stack: Stack, check: str, **changes: str) -> dict[str, str]:
    own = await asyncio.to_thread(settings, stack, **changes)
    (result,) = await looked(own, [each for each in CHECKS if each.name == check])
    assert not result.error
    return {finding.subject: finding.text for finding in result.findings.values()}


def migrations(service: str) -> Path:
    return ROOT / "services" / service / "migrations"


@pytest.fixture
def migrated(stack: Stack) -> None:
    """The stack's own databases, which the audit is admitted to."""
    stack.up(only={"postgres", "catalog", "order", "payment", "auth", "notify", "kafka", "mongo", "valkey", "stripe"})


@pytest.mark.usefixtures("migrated")
async def test_units_that_do_not_add_up_are_found_where_the_constraint_is_gone(
    stack: Stack, new_database: NewDatabase
) -> None:
    url, variant = new_database(migrations("catalog")), ids.new_uuid()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # without the variant that it would belong to
        connection.execute("alter table stock drop constraint stock_adds_up")
        connection.execute("insert into stock values (%s, 5, 3, 1, 2, 1)", [variant])
        connection.execute("insert into stock_changes values (%s, 1, 5, 3, 1, 2, 'initial', null, now())", [variant])
    texts = await found(stack, "stock", audit_catalog_url=url)
    assert set(texts) == {ids.text("var", variant)}
    assert "received 5 is not free 3 + reserved 1 + sold 2" in texts[ids.text("var", variant)]


@pytest.mark.usefixtures("migrated")
async def test_an_event_that_no_relay_publishes_is_found(stack: Stack, new_database: NewDatabase) -> None:
    url, event = new_database(migrations("order")), ids.new_uuid()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """insert into outbox (event_id, topic, key, version, incarnation, type, headers, payload, create_time)
               values (%s, 'order-events', 'ord_x', 1, 1, 'shopmesh.order.v1.OrderPlaced', '{}', '', now())""",
            [event],
        )
    texts = await found(stack, "events_published", audit_order_url=url)
    assert texts[str(event)] == "OrderPlaced of ord_x was never published"
