"""Runs checks: a finding counts where it is old enough and a second look finds it still."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from confluent_kafka import KafkaException
from psycopg import Error as PostgresError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from stripe import StripeError

from ops.audit.check import Check, Finding, Tally
from ops.audit.stores import Stores

MOST = 1000
"""Findings of one check, after which it stops: by then it is no longer the number that matters."""

UNREADABLE = (PostgresError, PyMongoError, RedisError, StripeError, KafkaException, OSError)
"""What a store says that cannot be read."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """When a finding counts: at this `age`, and found by every one of `looks`, with a `pause` before each but the first."""

    age: timedelta = timedelta(minutes=2)
    pause: timedelta = timedelta(seconds=10)
    looks: int = 2


@dataclass(slots=True)
class Result:
    """What came of one check. `error` says why it could not look to its end; `more` that it stopped after MOST."""

    check: Check
    tally: Tally = field(default_factory=Tally)
    findings: dict[str, Finding] = field(default_factory=dict)
    more: bool = False
    error: str = ""


async def audit(stores: Stores, checks: Sequence[Check], patience: Patience, say: Say) -> list[Result]:
    """The results of all checks, in their order."""
    results = [await _look(stores, check, patience.age, say) for check in checks]
    for _ in range(patience.looks - 1):
        suspects = [number for number, result in enumerate(results) if result.findings]
        if not suspects:
            break
        say(f"looking again in {patience.pause.total_seconds():g} s at {_names(results, suspects)}")
        await asyncio.sleep(patience.pause.total_seconds())
        for number in suspects:
            again = await _look(stores, results[number].check, patience.age, say)
            results[number] = _still(results[number], again)
    return results


async def _look(stores: Stores, check: Check, age: timedelta, say: Say) -> Result:
    result = Result(check, Tally(told=lambda looked: say(f"{check.name}: {looked:,} looked at")))
    try:
        async for finding in check.look(stores, result.tally):
            if finding.since is None or finding.since <= datetime.now(UTC) - age:
                result.findings.setdefault(finding.subject, finding)
            if len(result.findings) >= MOST:
                result.more = True
                break
    except UNREADABLE as error:
        result.error = " ".join(f"{type(error).__name__}: {error}".split())
    return result


def _still(before: Result, again: Result) -> Result:
    """The later look, with those findings alone that the earlier one had too; a failed look clears nothing."""
    kept = before.findings if again.error else again.findings
    again.findings = {subject: found for subject, found in kept.items() if subject in before.findings}
    return again


def _names(results: Sequence[Result], suspects: Sequence[int]) -> str:
    return ", ".join(results[number].check.name for number in suspects)
