"""Running journeys: once to record their points, and again for each kill."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from ops.audit.auditing import Patience
from services.chassis import ids
from tests import audited
from tests.crash.books import Run, books
from tests.crash.control import Control, Orders
from tests.crash.journeys import Buyer, Journey
from tests.crash.points import Kill, Point
from tests.crash.quiet import Quiet
from tests.crash.shop import AskedOften
from tests.e2e.api import Refused
from tests.e2e.shop import Variant
from tests.e2e.shopper import Purchase
from tests.waiting import eventually

PLENTY = 1_000_000
SECOND_LOOK_S = 10.0
A_FEW_LOOKS = Patience(age=timedelta(0), pause=timedelta(seconds=1), looks=5)


@dataclass(frozen=True)
class Outcome:
    """`reached` is whether the kill happened; `copies` how many e-mails came a second time, which a kill of notify excuses."""

    journey: str
    kill: Kill
    reached: bool
    seconds: float
    copies: int = 0
    findings: list[str] = field(default_factory=list)


class Suite:
    """Journeys in one shop, one after another."""

    def __init__(self, shop: AskedOften, control: Control) -> None:
        self._shop = shop
        self._control = control
        self._quiet = Quiet(shop)
        self._variant: Variant | None = None
        self.began = datetime.now(UTC)

    async def record(self, journey: Journey) -> list[Point]:
        """The points of the journey, in the order in which they came; caches are warm."""
        await self.undisturbed(journey)
        await self.undisturbed(journey)
        return [Point(**line) for line in self._control.recorded()]  # type: ignore[arg-type]

    async def undisturbed(self, journey: Journey) -> None:
        """The journey without a kill; the books must agree."""
        findings, copies = await self._run(journey, None)
        assert not findings, findings
        assert not copies, f"{copies} e-mails came twice"

    async def kill(self, journey: Journey, kill: Kill) -> Outcome:
        """The journey with the kill, and what is found in the end."""
        await self._shop.keep_logged_in()
        began, copies = time.monotonic(), 0
        try:
            findings, copies = await self._run(journey, kill)
        except (AssertionError, Refused, httpx.HTTPError, TimeoutError) as error:
            findings = [f"{type(error).__name__}: {error}"]
        reached = not self._control.disarm()
        if copies and not (reached and kill.point.service == "notify"):
            findings = [*findings, f"{copies} e-mails came twice, though notify lived"]
        if findings:
            self._variant = None  # its stock is in doubt
        return Outcome(journey.name, kill, reached, time.monotonic() - began, copies, findings)

    async def _run(self, journey: Journey, kill: Kill | None) -> tuple[list[str], int]:
        shop = self._shop
        variant = self._variant = self._variant or await shop.variant(stock=PLENTY)
        before = await shop.stock(variant)
        async with Buyer(shop) as buyer:
            self._control.forget()
            self._control.write(Orders(buyer.trace, kill=kill))
            if kill:
                self._control.arm()
            purchase = await buyer.orders(variant)
            self._control.write(Orders(buyer.trace, await self._marks(purchase), kill))
            await journey.go(shop, buyer, purchase)
            await self._quiet.until()
            return await self._audit(Run(journey, buyer, purchase, variant, before))

    async def _marks(self, purchase: Purchase) -> tuple[str, ...]:
        """By which a call is known to be about the order or its payment, when it comes from elsewhere."""
        order = ids.uuid_of(purchase.id)
        row = await self._shop.row("payment", "select id from payments where order_id = %s", order)
        assert row
        return (purchase.id, str(order), ids.text("pay", row["id"]), str(row["id"]))

    async def _audit(self, run: Run) -> tuple[list[str], int]:
        """A finding counts when it is there on every look."""
        found = await books(self._shop, run)

        async def agree() -> bool:
            nonlocal found
            found = await books(self._shop, run)
            return not found.findings

        if found.findings:
            with suppress(AssertionError):
                await eventually(agree, "the books to agree", SECOND_LOOK_S)
        return found.findings, found.copies

    async def kill_for_sure(self, journey: Journey, kill: Kill) -> Outcome:
        """A second try where the call did not come: two parts of a process do not always meet in the same order."""
        outcome = await self.kill(journey, kill)
        return outcome if outcome.reached or outcome.findings else await self.kill(journey, kill)

    async def audit(self, since: datetime) -> list[str]:
        """What the shop's own audit finds in everything since then; it looks at all stores, so not after every kill."""
        own = await asyncio.to_thread(audited.settings, self._shop.stack)
        results = await audited.looked(own, patience=A_FEW_LOOKS, since=since)
        found = [f"{each.check.name}: {one.subject} {one.text}" for each in results for one in each.findings.values()]
        return found + [f"{each.check.name} cannot look: {each.error}" for each in results if each.error]
