"""The story that is rehearsed: people buy, a backup is made, people buy on, everything burns, the shop comes back."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local import backups
from deploy.local.bootstrap import ROOT
from deploy.local.installation import without_settings
from deploy.local.progress import Silent
from deploy.local.stack import Stack
from ops.audit import quiet
from ops.audit.cli import silent
from ops.audit.stores import Stores
from tests.audited import REST_S, settings
from tests.backup.stack import up, wipe
from tests.e2e.api import Json, request_id
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually


async def at_rest(stack: Stack) -> None:
    """Returns once every task is done: a mail that is just being recorded would be sent again."""
    async with Stores(await asyncio.to_thread(settings, stack), None) as stores:
        assert await quiet.wait(stores, timedelta(seconds=REST_S), silent)


@dataclass
class Story:
    """What happened. `seconds` by step."""

    stack: Stack
    backup: Path = Path()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    people: dict[str, Shopper] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)
    mails: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    shop: Shop = field(init=False)
    variant: Variant = field(init=False)
    lost_user: Shopper = field(init=False)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def tell(self) -> None:
        """From the first purchase to the moment when the shop is up again."""
        self.shop = await self._open.enter_async_context(Shop(self.stack))
        self.variant = await self.shop.variant(price=1000, stock=100)
        await self._before()
        await at_rest(self.stack)
        await self._timed("backup", self._back_up)
        await self._after()
        await self._timed("wipe", wipe, self.stack)
        await self._timed("restore", backups.restore, self.stack, (str(self.backup), "--yes"), Silent())
        await self._timed("start", up, self.stack)
        await self.reopen()

    async def reopen(self) -> None:
        """Staff's log-ins of before are ended, and those who were employed since the backup are unknown."""
        for api in (self.shop.staff, self.shop.admin):
            api.token = ""
        await self.shop.keep_logged_in()

    async def end(self) -> None:
        await self._open.aclose()

    async def somebody(self, name: str) -> Shopper:
        self.people[name] = await self._open.enter_async_context(Shopper(self.shop))
        return self.people[name]

    async def orders(self, name: str, quantity: int = 1, *, pays: bool = True) -> None:
        """A guest's order, confirmed where it is paid, with all its mails."""
        guest = await self.somebody(name)
        self.purchases[name] = await guest.buy(self.variant, quantity)
        if pays:
            await self.pays(name)
        self.mails[name] = [mail["Message-ID"] for mail in await self.shop.mailbox.to(guest.email)]

    async def pays(self, name: str) -> None:
        guest, purchase = self.people[name], self.purchases[name]
        await guest.pay(purchase)
        await guest.until(purchase, "CONFIRMED")
        await guest.mail(purchase.confirmed)
        await guest.mail(purchase.invoiced)

    async def refunded(self, name: str, *units: Json) -> None:
        """Staff give units back, or everything."""
        guest, purchase = self.people[name], self.purchases[name]
        body = {"requestId": request_id(), "reason": "It came broken.", "lines": list(units)}
        await self.shop.staff.post(f"/api/v1/orders/{purchase.id}/payment:refund", body)
        await guest.mail(purchase.refunded)

    async def gives_back(self, intent: str) -> None:
        """Staff refund unknown money, by payment's command with the stack's settings."""
        environment = {**without_settings(os.environ), **self.stack.environment("payment")}
        command = [sys.executable, "-m", "services.payment", "unknown", "refund", intent]
        await asyncio.to_thread(subprocess.run, command, env=environment, cwd=ROOT, capture_output=True, check=True)

    async def unknown(self, *names: str) -> dict[str, Json]:
        """Money that the shop found at Stripe for these people's payments, which it does not know; by person."""
        of = {intent: name for name in names for intent in await self.shop.intents(self.purchases[name].id)}

        async def look() -> dict[str, Json] | None:
            rows = await self.shop.rows("payment", "select * from unknown_captures")
            found = {of[row["intent_id"]]: row for row in rows if row["intent_id"] in of}
            return found if set(found) == set(names) else None

        return await eventually(look, f"unknown money of {names}")

    async def _before(self) -> None:
        """Dave registers, Bob orders, Alice and Carol buy."""
        customer = await self.somebody("dave")
        await customer.register()
        await self.orders("bob", pays=False)
        await asyncio.gather(self.orders("alice", 2), self.orders("carol", 2))

    async def _after(self) -> None:
        """Bob pays, Carol gets a unit's money back. Erin buys, Frank orders, Gina buys and gets all of it back."""
        await self.pays("bob")
        await self.refunded("carol", {"variantId": self.variant.id, "quantity": 1})
        await asyncio.gather(self.orders("erin"), self.orders("frank", pays=False), self.orders("gina"))
        await self.refunded("gina")
        self.lost_user = await (await self.somebody("henry")).register()

    def _back_up(self) -> None:
        environment = {**without_settings(os.environ), **backups.environment(self.stack.installation)}
        folder = self.stack.installation.state / "backups"
        command = backups.command("backup", "--json", "--folder", str(folder))
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        self.backup = Path(json.loads(done.stdout)["backup"])

    async def _timed(self, step: str, work: Callable[..., None], *arguments: object) -> None:
        began = time.monotonic()
        await asyncio.to_thread(work, *arguments)
        self.seconds[step] = time.monotonic() - began
