"""Runs a service so that it can be killed at a call: `python -m tests.crash.entry services.order serve`.

The modules are imported once, here; each life of the service is a fork of this process, which holds nothing else. So
one that was killed is followed in a blink, with everything lost that only its memory held. Its leases end with it, as
they would a few seconds later by themselves: timers are fired by setting due times, never by waiting.
"""

import ctypes
import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import psycopg

from tests.crash.control import VARIABLE, Control
from tests.crash.watch import Watch
from tests.crash.wraps import install

PR_SET_PDEATHSIG = 1
END_LEASES = (
    "update leases set expire_time = now() where expire_time > now()",
    "update tasks set due_time = now() where lease_id is not null",
)


class Lives:
    """One life after another; only a SIGKILL leads to the next."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        self._module = module
        self._arguments = arguments
        self._child = 0
        self._ending = False

    def run(self) -> int:
        """The exit code of the life that ended otherwise."""
        signal.signal(signal.SIGTERM, self._forward)
        while True:
            self._child = os.fork()
            if not self._child:
                self._live()
            _, status = os.waitpid(self._child, 0)
            code = os.waitstatus_to_exitcode(status)
            if self._ending or code != -signal.SIGKILL:
                return max(code, 0)
            end_leases()

    def _forward(self, number: int, _: FrameType | None) -> None:
        self._ending = True
        if self._child:
            os.kill(self._child, number)

    def _live(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        sys.argv = [self._module, *self._arguments]
        importlib.import_module(f"{self._module}.main").main()
        os._exit(0)


def end_leases() -> None:
    """What the dead process had leased is free."""
    if url := os.environ.get("SHOPMESH_DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            for each in END_LEASES:
                connection.execute(each)


def main(module: str, *arguments: str) -> int:
    service = module.rpartition(".")[2]
    install(Watch(service, Control(Path(os.environ[VARIABLE]))), service)
    importlib.import_module(f"{module}.main")
    return Lives(module, list(arguments)).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
