"""Edited code runs in the same container: a folder that may be written, and SIGHUP."""

import compileall
import os
import py_compile
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.chassis import reloading

pytestmark = pytest.mark.slow

WITHIN_S = 15.0
THING = "services/thing/__main__.py"
SERVICE = """
import os, pathlib, signal
log = pathlib.Path("../log")
def end(*_):
    raise SystemExit(0)
signal.signal(signal.SIGTERM, end)
with log.open("a") as file:
    file.write("{says}\\n")
while True:
    signal.pause()
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A tree like the image's: bytecode that is not compared with its source."""
    app = tmp_path / "app"
    (app / "services" / "chassis").mkdir(parents=True)
    (app / "gen").mkdir()
    for package in ("services", "services/chassis", "services/thing", "services/other"):
        (app / package).mkdir(exist_ok=True)
        (app / package / "__init__.py").write_text("")
    (app / "gen" / "contract.py").write_text("")
    (app / THING).write_text(f"import contract\n{SERVICE.format(says='first')}")
    source = Path(reloading.__file__).read_text()
    (app / "services" / "chassis" / "reloading.py").write_text(source)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    assert compileall.compile_dir(app, quiet=1, invalidation_mode=mode)
    return app


@pytest.fixture
def running(image: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the container's process, each time another one."""
    processes: list[subprocess.Popen[str]] = []
    command = [sys.executable, "-m", "services.chassis.reloading", str(tmp_path / "live"), "services.thing"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(image)}

    def start() -> subprocess.Popen[str]:
        (tmp_path / "live").mkdir(exist_ok=True)
        processes.append(subprocess.Popen(command, cwd=image, env=environment, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=10)


def said(tmp_path: Path, *lines: str) -> None:
    """Returns once the service has said exactly this, from its start on."""
    log, end = tmp_path / "log", time.monotonic() + WITHIN_S
    while not log.exists() or log.read_text().split() != list(lines):
        assert time.monotonic() < end, log.read_text() if log.exists() else "nothing"
        time.sleep(0.02)


def test_an_edit_runs_after_the_signal(
    tmp_path: Path, running: Callable[[], subprocess.Popen[str]], image: Path
) -> None:
    process = running()
    said(tmp_path, "first")
    (tmp_path / "live" / THING).write_text(SERVICE.format(says="second"))
    process.send_signal(signal.SIGHUP)
    said(tmp_path, "first", "second")
    assert "first" in (image / THING).read_text()


def test_an_edit_of_another_service_changes_nothing(
    tmp_path: Path, running: Callable[[], subprocess.Popen[str]]
) -> None:
    process = running()
    said(tmp_path, "first")
    (tmp_path / "live" / "services" / "other" / "__init__.py").write_text("other = 1")
    process.send_signal(signal.SIGHUP)
    assert process.stderr
    assert "nothing that concerns services.thing was changed" in process.stderr.readline()
    (tmp_path / "live" / "gen" / "contract.py").write_text("new = 1")
    process.send_signal(signal.SIGHUP)
    said(tmp_path, "first", "first")


def test_an_edit_that_breaks_the_service_is_mended_by_the_next(
    tmp_path: Path, running: Callable[[], subprocess.Popen[str]]
) -> None:
    process = running()
    said(tmp_path, "first")
    edited = tmp_path / "live" / THING
    edited.write_text("raise ValueError('broken')")
    process.send_signal(signal.SIGHUP)
    assert process.stderr
    while "the process ended with 1; SIGHUP starts it again" not in process.stderr.readline():
        assert process.poll() is None
    edited.write_text(SERVICE.format(says="mended"))
    process.send_signal(signal.SIGHUP)
    said(tmp_path, "first", "mended")


def test_a_process_that_does_not_end_is_killed(tmp_path: Path, running: Callable[[], subprocess.Popen[str]]) -> None:
    process = running()
    said(tmp_path, "first")
    edited = tmp_path / "live" / THING
    edited.write_text(SERVICE.format(says="stays").replace("raise SystemExit(0)", "pass"))
    process.send_signal(signal.SIGHUP)
    said(tmp_path, "first", "stays")
    edited.write_text(SERVICE.format(says="next"))
    process.send_signal(signal.SIGHUP)
    said(tmp_path, "first", "stays", "next")


def test_it_ends_with_its_process(tmp_path: Path, running: Callable[[], subprocess.Popen[str]]) -> None:
    process = running()
    said(tmp_path, "first")
    process.terminate()
    assert process.wait(WITHIN_S) == 0


def test_a_second_container_finds_the_edits_of_the_first(
    tmp_path: Path, running: Callable[[], subprocess.Popen[str]]
) -> None:
    process = running()
    said(tmp_path, "first")
    (tmp_path / "live" / THING).write_text(SERVICE.format(says="edited"))
    process.terminate()
    process.wait(WITHIN_S)
    running()
    said(tmp_path, "first", "edited")
