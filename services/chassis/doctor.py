"""``doctor``: does each server that a service is told of answer, is it new enough, and does it allow what is needed.

A look asks a server in the way in which the service will use it, and changes nothing there. What does not answer yet can
be waited for; a wrong password or a missing right cannot.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "WARN", "FAIL"
PAUSE_SECONDS = 1.0

Look = Callable[[], Awaitable[str]]
"""Answers in one line what was found. Unusable, Away, Doubtful."""


class Unusable(Exception):
    """The server cannot be used as it is; the text says what to do."""


class Away(Unusable):
    """The server does not answer, or not yet as it will."""


class Doubtful(Exception):
    """It works, but its owner should know something."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a server: OK, WARN or FAIL, and in a line what it is or what to do."""

    server: str
    verdict: str
    text: str
    away: bool = False
    """Waiting may help."""


async def examine(
    looks: Mapping[str, Look], wait_seconds: float = 0.0, say: Callable[[str], None] = lambda _: None
) -> list[Finding]:
    """What was found of each, all of them asked at once.

    Those that are away are asked again for so long, and ``say`` is told of it, unless another one is unusable for good.
    """
    until = time.monotonic() + wait_seconds
    found: dict[str, Finding] = {}
    while True:
        due = [name for name in looks if name not in found or found[name].away]
        now = {each.server: each for each in await asyncio.gather(*(_ask(name, looks[name]) for name in due))}
        for name in due:
            if now[name].away and now[name] != found.get(name):
                say(f"{name}: {now[name].text}")
        found |= now
        if not _worth_waiting(found) or time.monotonic() >= until:
            return [found[name] for name in looks]
        await asyncio.sleep(PAUSE_SECONDS)


def _worth_waiting(found: Mapping[str, Finding]) -> bool:
    failed = [each for each in found.values() if each.verdict == FAIL]
    return bool(failed) and all(each.away for each in failed)


async def _ask(name: str, look: Look) -> Finding:
    try:
        return Finding(name, OK, await look())
    except Doubtful as doubt:
        return Finding(name, WARN, one_line(doubt))
    except Unusable as refusal:
        return Finding(name, FAIL, one_line(refusal), away=isinstance(refusal, Away))


def one_line(error: BaseException) -> str:
    """Its text, for a table."""
    return " ".join(str(error).split())
