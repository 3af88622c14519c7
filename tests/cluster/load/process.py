"""The load as a process of its own, started and stopped by a test."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from deploy.local.bootstrap import ROOT
from tests.cluster.load.client import DEADLINE_S
from tests.cluster.load.generator import SETTLE_S
from tests.cluster.load.report import Report

BEGAN = "the load has begun"
BEGIN_S = 60.0


class LoadError(Exception):
    """The load could not begin or end."""


class Load:
    """While inside, the load goes on; afterwards `report` says what became of it.

    `arguments` are options of `python -m tests.cluster.load`; `folder` gets the report and what the process said.
    """

    def __init__(self, edge: str, folder: Path, *arguments: str, settle_s: float = SETTLE_S) -> None:
        self.report = Report()
        self._settle_s = settle_s
        folder.mkdir(parents=True, exist_ok=True)
        name = f"load-{time.time_ns()}"
        self._file, self._log = folder / f"{name}.json", folder / f"{name}.log"
        self._command = [sys.executable, "-m", "tests.cluster.load", edge, str(self._file)]
        self._command += ["--settle", str(settle_s), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        self._process = process
        alarm = threading.Timer(BEGIN_S, process.kill)
        alarm.start()
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        alarm.cancel()
        if first != BEGAN:
            process.kill()
            process.communicate()
            raise LoadError(f"the load did not begin: {first} {self._log.read_text()}")
        return self

    def __exit__(self, *error: object) -> None:
        """Waits for the end of what the load began."""
        assert self._process is not None
        self._process.terminate()
        try:
            said = self._process.communicate(timeout=self._settle_s + 2 * DEADLINE_S + 10)[0]
        except subprocess.TimeoutExpired as expired:
            self._process.kill()
            self._process.communicate()
            raise LoadError("the load did not end") from expired
        self._log.write_text(self._log.read_text() + said)
        if self._process.returncode != 0:
            raise LoadError(f"the load ended by itself: {self._log.read_text()}")
        self.report = Report.load(self._file)
