"""A stack of this suite's own, which it can wipe: beside the test stack, without what no purchase needs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.bootstrap import ROOT, locked
from deploy.local.installation import SERVICES, Installation, offset_of, read_overrides, read_ports
from deploy.local.stack import Stack, remove

BESIDE = 3000
"""Its ports lie so far above the test stack's."""
LEFT_OUT = {"media", "traces", "otlp"}
SETTINGS = {"SHOPMESH_TRACE_RATIO": "0", "SHOPMESH_RECONCILE_SECONDS": "2"}
WIPED = ("postgres", "kafka", "valkey", "mongo")
"""What the shop itself holds. Stripe and the customers' mailboxes are the world: they go on."""


def _stack() -> Stack:
    ports = read_ports(offset_of(read_overrides(ROOT / ".env", os.environ)) + BESIDE, test=True)
    return Stack(Installation(ROOT / ".local" / "backup", ports, overrides=dict(SETTINGS), prefix="b1.", test=True))


@contextmanager
def own_stack() -> Iterator[Stack]:
    """In `.local/backup`, empty; gone afterwards. One suite at a time, another one waits."""
    with locked(ROOT / ".local" / "test" / "backup"):
        _stack().reset()  # what a killed run left
        stack = _stack()
        try:
            up(stack)
            yield stack
        finally:
            stack.reset()


def up(stack: Stack) -> None:
    stack.up(only=stack.components.keys() - LEFT_OUT)


def wipe(stack: Stack) -> None:
    """The disks burn: every store of the shop is empty."""
    for names in (["edge"], [*SERVICES], [*WIPED]):
        stack.supervisor.stop(names)
    for name in WIPED:
        remove(stack.installation.state / name)
