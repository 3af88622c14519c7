"""Runs a service for those who develop it on a cluster: ``python -m services.chassis.reloading /live services.catalog serve``.

The code is copied into a folder that may be written (the image's own may not). Whoever changes files there and sends SIGHUP
gets a new process with them, in the same container, where the change concerns the service. A process that ended by itself
is not started again before that: a new container would not mend the edit that broke it. No service imports this, and only
a development cluster runs it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

CODE = Path(__file__).resolve().parents[2]
FOLDERS = ("services", "gen")
LONGEST_END_S = 1.5
"""An edit does not wait for longer, say for spans that nobody takes: what is killed goes on where it stopped."""

SIGNALS = (signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
INTERPRETER = (sys.executable, "--check-hash-based-pycs", "always")
"""The image's bytecode is not compared with its source by itself; that of an edited file must be."""


def main(live: Path, *arguments: str) -> int:
    """Runs a module with its arguments until SIGTERM or SIGINT; returns the code that it ended with."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # taken one after another by sigwait below
    copy_code(live)
    code, process = fingerprint(live, arguments[0]), start(live, arguments)
    while (number := signal.sigwait(SIGNALS)) in (signal.SIGHUP, signal.SIGCHLD):
        if number == signal.SIGHUP:
            began, before, code = time.monotonic(), code, fingerprint(live, arguments[0])
            if code == before and process.poll() is None:
                say(f"nothing that concerns {arguments[0]} was changed")
                continue
            end(process)
            process = start(live, arguments)
            say(f"a new process after {time.monotonic() - began:.2f} s")
        elif process.poll() is not None:
            say(f"the process ended with {process.returncode}; SIGHUP starts it again")
    return end(process)


def copy_code(live: Path) -> None:
    """Copies what is not there: a container that was started again finds the edits of the one before."""
    for name in FOLDERS:
        unfinished = live / f".{name}"
        if not (live / name).exists():
            shutil.copytree(CODE / name, unfinished, dirs_exist_ok=True)
            unfinished.rename(live / name)


def fingerprint(live: Path, module: str) -> frozenset[tuple[str, int, int]]:
    """Names, sizes and times of what a service runs: services never import each other."""
    folders = (live / "gen", live / "services" / "chassis", live / Path(*module.split(".")))
    files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return frozenset((str(path), (found := path.stat()).st_size, found.st_mtime_ns) for path in files)


def start(live: Path, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    """Starts the module from the folder's code."""
    environment = {**os.environ, "PYTHONPATH": f"{live}:{live / 'gen'}"}
    command = [*INTERPRETER, "-m", *arguments]
    return subprocess.Popen(command, cwd=live, env=environment, preexec_fn=_unblock)


def end(process: "subprocess.Popen[bytes]") -> int:
    """Lets the process drain, for a moment."""
    process.terminate()
    try:
        return process.wait(LONGEST_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def say(text: str) -> None:
    print(f"reloading: {text}", file=sys.stderr, flush=True)


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
