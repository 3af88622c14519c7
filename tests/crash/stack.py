"""The suite's own stack: beside the test stack, with services that can be killed at a call."""

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from deploy.local.bootstrap import ROOT, locked
from deploy.local.components.base import Command
from deploy.local.components.service import Service
from deploy.local.files import fingerprint_of
from deploy.local.installation import SERVICES, Installation, offset_of, read_overrides, read_ports
from deploy.local.stack import Stack
from tests.crash.control import VARIABLE, Control

BESIDE = 2000
"""Its ports lie so far above the test stack's."""
SETTINGS = {"SHOPMESH_TRACE_RATIO": "0"}
LEFT_OUT = {"media", "traces", "otlp"}


class WatchedService(Service):
    """A service under the suite's entry."""

    def fingerprint(self, installation: Installation) -> str:
        return f"{super().fingerprint(installation)} {fingerprint_of(ROOT / 'tests' / 'crash')}"

    def command(self, installation: Installation) -> Command:
        plain = super().command(installation)
        environment = {**plain.environment, VARIABLE: str(control_folder(installation))}
        return Command((sys.executable, "-m", "tests.crash.entry", f"services.{self.name}", "serve"), environment)


class CrashStack(Stack):
    """A stack whose services are watched; what no purchase needs is left out."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        self.components |= {name: WatchedService(name) for name in SERVICES}
        for name in LEFT_OUT:
            self.components.pop(name, None)


def crash_stack() -> CrashStack:
    """In `.local/crash`."""
    offset = offset_of(read_overrides(ROOT / ".env", os.environ))
    ports = read_ports(offset + BESIDE, test=True)
    state = ROOT / ".local" / "crash"
    return CrashStack(Installation(state, ports, overrides=dict(SETTINGS), prefix="k1.", test=True))


def alone(stack: Stack) -> AbstractContextManager[None]:
    """One harness at a time: another one waits, for both would tell the same processes where to die."""
    return locked(control_folder(stack.installation))


def control_folder(installation: Installation) -> Path:
    """Where the harness and the services talk."""
    return installation.folder("control")


def control_of(stack: Stack) -> Control:
    """The harness's side of it."""
    return Control(control_folder(stack.installation))
