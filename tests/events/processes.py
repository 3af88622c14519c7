"""Processes that are paused where they should be."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.bootstrap import ROOT
from deploy.local.installation import without_settings
from tests.events.part import HERE
from tests.waiting import until

END_S = 20.0


class Held:
    """A part in a process; `log` is what it wrote."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    def wrote(self, words: str) -> bool:
        return words in self._log.read_text()

    async def here(self) -> None:
        """Returns once it stands at its point."""
        await until(lambda: self.wrote(HERE), "the process to come to its point", within_s=60)

    def pause(self) -> None:
        """SIGSTOP, and leave to go on, which it reads when it wakes."""
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # until then one of its threads may go on, and read
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def wake(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    async def end(self) -> int:
        """SIGTERM; its exit code."""
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, END_S)


@contextmanager
def held(kind: str, folder: Path, **spec: str) -> Iterator[Held]:
    """A relay or a consumer; killed afterwards where it still runs."""
    log = folder / f"{kind}.log"
    command = [sys.executable, "-m", "tests.events.part", json.dumps({"kind": kind, "at": "", **spec})]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=without_settings(os.environ), stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    with process:
        try:
            yield Held(process, log)
        finally:
            process.kill()
            print(log.read_text())  # which pytest shows where the test failed
