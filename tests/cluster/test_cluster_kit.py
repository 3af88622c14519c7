"""The cluster of our own: it starts, says what failed, and leaves nothing, however it ends. In a slot beside the others'."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.cluster import binaries, leftovers, machine, running
from deploy.cluster.places import SLOTS, Place, of_checkout
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError
from deploy.local.progress import Progress

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(machine.missing()), reason=f"a cluster of our own needs: {'; '.join(machine.missing())}"),
]

ONE_END = "one way for a run to end is tried with every change, all of them are one of the full counts: --full"
INNER = """
import pytest
from tests.cluster import place as places

places.NODES = 1

@pytest.mark.cluster
def test_that_is_waited_for(place, tmp_path_factory):
    print(place.kubeconfig)
    open({file!r}, "w").close()
    {what}
"""


@pytest.fixture
def slot(monkeypatch: pytest.MonkeyPatch, progress: Progress) -> Iterator[Place]:
    """The place of a cluster beside the one that the other tests run on."""
    monkeypatch.setenv("CLUSTER_SLOT", str(SLOTS - 1))
    place = of_checkout()
    binaries.ensure(place.cache, progress)
    yield place
    running.down(place)


def test_it_takes_away_what_a_killed_start_left_starts_once_and_leaves_nothing(
    slot: Place, progress: Progress, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "deploy.cluster", "up"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, start_new_session=True) as process:
        wait(lambda: any((slot.work / "run").glob("node*.born")), 30)
        os.killpg(process.pid, signal.SIGKILL)
    assert leftovers.of(slot)
    running.up(slot, 1, progress)
    assert "node1" in running.status(slot)
    assert {each.partition(" ")[0] for each in leftovers.of(slot)} >= {"process", "interface", "control", "route"}
    with pytest.raises(StackError, match="runs already"):
        running.up(slot, 1, progress)
    with pytest.raises(StackError, match=str(slot.work)):
        running.up(replace(slot, work=tmp_path / "another"), 1, progress)
    with pytest.raises(StackError, match=str(slot.work)):
        running.down(replace(slot, work=tmp_path / "another"))
    assert running.is_up(slot)
    running.down(slot)
    assert not running.is_up(slot)
    assert leftovers.of(slot) == []
    assert not (slot.work / "pki").exists()


def test_one_that_does_not_start_says_why_and_leaves_nothing(
    slot: Place, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APISERVER_FLAGS", "--no-such-flag")
    with monkeypatch.context() as patched:
        patched.setenv("APIWAIT", "5")
        with pytest.raises(StackError, match="unknown flag: --no-such-flag"):
            running.up(slot, 1, progress)
    assert leftovers.of(slot) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["interrupted", "terminated"])
def test_a_run_of_tests_that_is_broken_off_leaves_nothing(
    slot: Place, full: bool, tmp_path: Path, number: signal.Signals
) -> None:
    if number == signal.SIGINT and not full:
        pytest.skip(ONE_END)
    began = tmp_path / "began"
    with run_of(INNER.format(file=str(began), what="import time; time.sleep(100)"), tmp_path) as run:
        wait(lambda: began.exists() or run.poll() is not None, 120)
        assert running.is_up(slot)
        run.send_signal(number)
        said, _ = run.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert leftovers.of(slot) == []


def test_a_failed_run_of_tests_leaves_nothing(slot: Place, full: bool, tmp_path: Path) -> None:
    if not full:
        pytest.skip(ONE_END)
    with run_of(INNER.format(file=str(tmp_path / "began"), what="raise AssertionError"), tmp_path) as run:
        said, _ = run.communicate(timeout=120)
    assert "1 failed" in said, said
    assert leftovers.of(slot) == []


def test_a_start_that_is_interrupted_leaves_nothing(slot: Place) -> None:
    command = [sys.executable, "-m", "deploy.cluster", "up"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ, start_new_session=True, preexec_fn=interruptible
    ) as process:
        wait(lambda: any((slot.work / "run").glob("node*.born")), 30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        process.wait(60)
    assert leftovers.of(slot) == []


def wait(holds: Callable[[], bool], within_s: float) -> None:
    """Until it holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def interruptible() -> None:
    """Ctrl-C means something: whoever runs these tests in the background leaves it ignored, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_of(text: str, folder: Path) -> "subprocess.Popen[str]":
    """A run of pytest with this test alone, on the fixtures of this suite, in the slot."""
    (folder / "test_inner.py").write_text(text)
    plugins = ("-p", "tests.conftest", "-p", "tests.cluster.conftest", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plugins, "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    return subprocess.Popen(
        [*command, "-m", "cluster", str(folder / "test_inner.py")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=interruptible,
    )
