"""Picks up edited Python: restarts the services that a change concerns."""

import time
from collections.abc import Iterable
from pathlib import Path

from watchfiles import DefaultFilter, watch

from deploy.local.bootstrap import ROOT
from deploy.local.components.service import Service
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES
from deploy.local.progress import Progress
from deploy.local.stack import Stack


def affected(changed: Iterable[Path]) -> set[str]:
    """The services that run code from the changed files."""
    changed = list(changed)
    return {
        name
        for name in SERVICES
        if any(path.is_relative_to(folder) for folder in Service(name).code() for path in changed)
    }


def watch_and_restart(stack: Stack, progress: Progress) -> None:
    """Bring the affected services up anew at each change, until interrupted.

    A service that was stopped by hand stays so; one that an edit broke is tried again at the next edit.
    """
    progress.say("watching services/ and gen/; Ctrl-C ends the watching, the stack stays up")
    broken: set[str] = set()
    for changes in watch(ROOT / "services", ROOT / "gen", watch_filter=DefaultFilter(), raise_interrupt=False):
        names = (affected(Path(path) for _, path in changes) & stack.running_parts()) | broken
        broken = names if names and not restarted(stack, names, progress) else set()


def restarted(stack: Stack, names: set[str], progress: Progress) -> bool:
    """Whether the services run with the new code; says why not."""
    began = time.monotonic()
    progress.say(f"edited: {', '.join(sorted(names))}")
    try:
        stack.up(names, progress)
    except StackError as error:
        progress.say(f"{error}\nthe next edit tries again; watching")
        return False
    progress.say(f"took {time.monotonic() - began:.1f} s; watching")
    return True
