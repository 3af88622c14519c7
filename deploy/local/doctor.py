"""`make doctor`: is everything there, reachable, new enough and allowed, and if not, what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from deploy.local import probes, processes, summary
from deploy.local.bootstrap import missing_prerequisites
from deploy.local.components import COMPONENTS
from deploy.local.components.base import Component
from deploy.local.environment import slips
from deploy.local.installation import Installation
from deploy.local.progress import table
from deploy.local.stack import Stack
from services.chassis.doctor import Doubtful, Unusable


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One row of the doctor's table; `text` says what was found and, unless it is ok, what to do."""

    subject: str
    verdict: Verdict
    text: str


def report(findings: list[Finding]) -> str:
    return table(("", "what", "found"), [(each.verdict, each.subject, each.text) for each in findings])


def examine(stack: Stack) -> list[Finding]:
    """Every check, the machine first, then the settings, then each server."""
    wrong = list(settings(stack.installation))
    asked = [] if wrong else servers(stack)  # with addresses that can't be meant nobody can be asked
    return [*machine(stack), *wrong, *ports(stack), *asked]


def machine(stack: Stack) -> Iterator[Finding]:
    missing = missing_prerequisites() + ([] if shutil.which("make") else ["make: `apt-get install make`"])
    for text in missing:
        yield Finding("prerequisite", Verdict.FAIL, text)
    if not missing:
        yield Finding("prerequisites", Verdict.OK, "Python, venv, pip and make are there")
    yield Finding("needs", Verdict.OK, summary.needs(list(stack.components.values()), stack.installation))


def settings(installation: Installation) -> Iterator[Finding]:
    """Slips in `.env` that can be seen without asking a server."""
    for name, text in slips(installation).items():
        yield Finding(name, Verdict.FAIL, text)


def ports(stack: Stack) -> Iterator[Finding]:
    """Whether each part that is down could have its ports."""
    free, running = True, stack.running_parts()
    for part in (each for each in stack.components.values() if each.name not in running):
        for port in part.ports:
            if who := processes.holder(number := stack.installation.ports[port]):
                free = False
                text = f"port {number} is held by {who}: end it, or set another SHOPMESH_PORT_OFFSET in .env"
                yield Finding(part.name, Verdict.FAIL, text)
    if free:
        yield Finding("ports", Verdict.OK, "each is free or ours")


def servers(stack: Stack) -> Iterator[Finding]:
    """Ask each server that runs here, and each that the owner's settings name."""
    running = stack.running_parts()
    for name, probe in probes.PROBES.items():
        part = next(each for each in COMPONENTS if each.name == name)
        if not part.replaced(stack.installation) and name not in running:
            yield Finding(name, Verdict.WARN, "not running: `make up` starts it")
        else:
            yield ask(part, probe, stack.installation)


def ask(part: Component, probe: Callable[[Installation], str], installation: Installation) -> Finding:
    """One probe's answer as a finding."""
    try:
        return Finding(part.name, Verdict.OK, probe(installation))
    except Doubtful as doubt:
        return Finding(part.name, Verdict.WARN, one_line(doubt))
    except Unusable as refusal:
        return Finding(part.name, Verdict.FAIL, one_line(refusal))


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
