"""Sampled kills: fixed ones on the way of the money, and some by lot. `make crash` makes all of them."""

import os
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.crash.journeys import JOURNEYS
from tests.crash.points import AFTER, BEFORE, SIDES, Kill, Point
from tests.crash.shop import AskedOften
from tests.crash.stack import CrashStack, alone, control_of, crash_stack
from tests.crash.suite import Suite

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
BY_LOT = 5
DRAWS = 3
"""A call that hangs on how the parts of a process met may not come again: then another one is drawn."""
SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(10**6))
"""Printed where a kill by lot finds something; set it to make the same kills again."""


@dataclass(frozen=True)
class Fixed:
    """A kill by the beginning of what is called."""

    journey: str
    side: str
    service: str
    kind: str
    what: str

    def among(self, points: list[Point]) -> Kill:
        """The first such point; AssertionError where a journey has none any more."""
        place = (self.service, self.kind)
        found = [each for each in points if (each.service, each.kind) == place and each.what.startswith(self.what)]
        assert found, f"{self} is no point of the journey: name it as the code does now"
        return Kill(found[0], self.side)

    def __str__(self) -> str:
        return f"{self.journey}-{self.side}-{self.service}-{self.kind}-{self.what}".replace(" ", "_").replace("/", "_")


MONEY_PATH = (
    Fixed("purchase", AFTER, "order", "grpc", "CatalogInternalService/ReserveStock"),
    Fixed("purchase", BEFORE, "payment", "stripe", "POST /v1/checkout/sessions"),
    Fixed("purchase", AFTER, "payment", "stripe", "POST /v1/checkout/sessions"),
    Fixed("purchase", AFTER, "payment", "commit", "insert into notices"),
    Fixed("purchase", AFTER, "payment", "produce", "shopmesh.payment.v1.PaymentSucceeded"),
    Fixed("purchase", AFTER, "order", "grpc", "CatalogInternalService/SellStock"),
    Fixed("purchase", AFTER, "order", "commit_transaction", "producer"),
    Fixed("purchase", AFTER, "notify", "smtp", "Your order"),
    Fixed("refund", BEFORE, "payment", "stripe", "POST /v1/refunds"),
    Fixed("refund", AFTER, "payment", "stripe", "POST /v1/refunds"),
    Fixed("staff-refund", AFTER, "payment", "stripe", "POST /v1/refunds"),
    Fixed("cancellation", AFTER, "order", "grpc", "PaymentInternalService/ClosePayment"),
    Fixed("expiry", AFTER, "payment", "stripe", "POST /v1/checkout/sessions/*/expire"),
)


@pytest.fixture(scope="module")
def watched_stack() -> Iterator[CrashStack]:
    """The suite's own stack, for as long as it is needed."""
    stack = crash_stack()
    with alone(stack):
        try:
            stack.up(only=set(stack.components))
            yield stack
        finally:
            stack.down()


@pytest_asyncio.fixture(scope="module")
async def suite(watched_stack: CrashStack) -> AsyncIterator[Suite]:
    async with AskedOften(watched_stack) as shop:
        yield Suite(shop, control_of(watched_stack))


@pytest_asyncio.fixture(scope="module")
async def points(suite: Suite) -> dict[str, list[Point]]:
    """The points of each journey, as they are now."""
    return {name: await suite.record(journey) for name, journey in JOURNEYS.items()}


@pytest.mark.parametrize("fixed", MONEY_PATH, ids=str)
async def test_a_kill_on_the_way_of_the_money_loses_and_doubles_nothing(
    suite: Suite, points: dict[str, list[Point]], fixed: Fixed
) -> None:
    outcome = await suite.kill(JOURNEYS[fixed.journey], fixed.among(points[fixed.journey]))
    assert not outcome.findings
    assert outcome.reached


@pytest.mark.parametrize("number", range(BY_LOT))
async def test_a_kill_anywhere_loses_and_doubles_nothing(
    suite: Suite, points: dict[str, list[Point]], number: int
) -> None:
    lot = random.Random(SEED + number)
    journey = lot.choice(sorted(points))
    for _ in range(DRAWS):
        outcome = await suite.kill_for_sure(JOURNEYS[journey], Kill(lot.choice(points[journey]), lot.choice(SIDES)))
        assert not outcome.findings, f"CRASH_SEED={SEED}: {outcome}"
        if outcome.reached:
            return
    raise AssertionError(f"CRASH_SEED={SEED}: none of {DRAWS} kills happened")


async def test_afterwards_the_audit_finds_nothing(suite: Suite, points: dict[str, list[Point]]) -> None:
    assert await suite.audit(suite.began) == []
