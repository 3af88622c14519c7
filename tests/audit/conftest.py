"""A shop in which somebody has bought, and what an audit sees of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest_asyncio

from deploy.local import addresses, databases
from ops.audit.checks import CHECKS
from ops.audit.report import exit_code
from ops.audit.settings import AuditSettings
from services.chassis import ids
from tests.audited import looked, settings
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually


@dataclass(frozen=True)
class Bought:
    """A purchase that is over and done with, and the audit of the shop since then."""

    shop: Shop
    variant: Variant
    purchase: Purchase
    since: datetime
    audit: AuditSettings

    @property
    def order(self) -> UUID:
        """The order's id as the databases have it."""
        return ids.uuid_of(self.purchase.id)

    async def found(self, name: str, since: datetime | None = None) -> dict[str, str]:
        """What one check finds now: text by subject."""
        (check,) = [check for check in CHECKS if check.name == name]
        (result,) = await looked(self.audit, [check], since=since or self.since)
        assert not result.error
        return {finding.subject: finding.text for finding in result.findings.values()}

    async def change(self, service: str, statement: str, *values: object) -> None:
        """Damages rows, or puts them back, past the triggers and foreign keys that forbid it."""
        installation = self.shop.stack.installation
        url = f"{addresses.postgres(installation).rpartition('/')[0]}/{databases.name_of(service, installation)}"
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("set session_replication_role = replica")
            cursor = await connection.execute(statement, values)
        assert cursor.rowcount > 0, statement


@pytest_asyncio.fixture(scope="package")
async def bought(running_shop: Shop) -> AsyncIterator[Bought]:
    """One for all tests here; each undoes what it does to it."""
    shop, since = running_shop, datetime.now(UTC)
    await shop.keep_logged_in()
    variant = await shop.variant(price=1250, stock=5)
    async with Shopper(shop) as guest:
        purchase = await guest.buy(variant, 2)
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.confirmed)
    bought = Bought(shop, variant, purchase, since, await asyncio.to_thread(settings, shop.stack))
    await eventually(lambda: _rests(bought), "an audit without findings")
    yield bought


async def _rests(bought: Bought) -> bool:
    return exit_code(await looked(bought.audit, since=bought.since)) == 0
