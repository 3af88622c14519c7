"""Picks up edited Python: restarts the services that a change concerns."""

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
    """Bring the affected services up anew at each change, until interrupted."""
    progress.say("watching services/ and gen/; Ctrl-C ends the watching, the stack stays up")
    for changes in watch(ROOT / "services", ROOT / "gen", watch_filter=DefaultFilter(), raise_interrupt=False):
        names = affected(Path(path) for _, path in changes)
        try:
            stack.up(names, progress)
        except StackError as error:
            progress.say(str(error))
