"""Kubernetes, CoreDNS and helm, built from Go modules once for their pins, and kept in the cache."""

import os
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

from deploy.local import go
from deploy.local.bootstrap import digest, locked
from deploy.local.errors import StackError
from deploy.local.progress import Progress

HERE = Path(__file__).parent
SAY_EVERY_S = 30
LAST_LINES = 20


def sources() -> list[Path]:
    """All that the binaries are made of, but Go itself."""
    return [HERE / "build.sh", HERE / "pause.c", *sorted(path for path in (HERE / "kube").rglob("*") if path.is_file())]


def folder(cache: Path) -> Path:
    """Where the binaries of these sources, built by this Go, lie or will lie."""
    compiler = "".join(letter if letter.isalnum() else "-" for letter in go.version(go.program(cache)))
    return cache / f"kubernetes-{digest(*sources())[:12]}-{compiler}"


def ensure(cache: Path, progress: Progress) -> Path:
    """The folder of all binaries; the first time they are built, which takes minutes."""
    place = folder(cache)
    if not (place / "whole").exists():
        with locked(place):
            if not (place / "whole").exists():
                build(cache, place, progress)
    return place


def helm(cache: Path, progress: Progress) -> Path:
    """The helm program; alone it is built in a fraction of the time."""
    program = folder(cache) / "helm"
    if not program.exists():
        with locked(program.parent):
            if not program.exists():
                build(cache, program.parent, progress, "helm")
    return program


def build(cache: Path, place: Path, progress: Progress, *what: str) -> None:
    """Run build.sh, telling its steps and how far it is; StackError with its last lines where it fails."""
    environment = {**os.environ, "BIN": str(place), "GO": str(go.program(cache))}
    with subprocess.Popen(
        [str(HERE / "build.sh"), *what],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        counter = Counter(process.stderr, progress)
        counter.start()
        for line in process.stdout:
            progress.say(line.strip())
        counter.join()
    if process.returncode:
        raise StackError("the build failed:\n" + "\n".join(counter.last))


class Counter(threading.Thread):
    """Tells now and then how many Go packages are compiled, and keeps the last lines."""

    def __init__(self, lines: IO[str], progress: Progress) -> None:
        super().__init__(daemon=True)
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._lines, self._progress = lines, progress

    def run(self) -> None:
        told = time.monotonic()
        for compiled, line in enumerate(self._lines, 1):
            self.last.append(line.rstrip())
            if time.monotonic() - told > SAY_EVERY_S:
                told = time.monotonic()
                self._progress.say(f"{compiled} Go modules and packages, now {self.last[-1]}")
