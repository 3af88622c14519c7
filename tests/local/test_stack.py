"""A stack of one real part in a folder and on a port of its own: up, killed, stopped, down, nothing left."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from deploy.local import processes
from deploy.local.bootstrap import cache_root
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.stack import Stack
from deploy.local.supervisor import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture
def stack(installation: Installation) -> Iterator[Stack]:
    stack = Stack(Installation(installation.state, installation.ports, cache=cache_root()))
    stack.up({"valkey"})
    yield stack
    stack.down()


def test_a_killed_part_comes_back_by_itself(stack: Stack) -> None:
    before = stack.pid("valkey")
    stack.kill("valkey")
    wait_until(lambda: stack.states()["valkey"].pid not in {0, before}, 10, "valkey doesn't come back")
    stack.wait_ready("valkey")


def test_a_stopped_part_stays_down_until_it_is_started(stack: Stack) -> None:
    stack.stop("valkey")
    with pytest.raises(StackError, match="valkey isn't running"):
        stack.pid("valkey")
    stack.start("valkey")
    stack.wait_ready("valkey")


def test_up_again_leaves_an_unchanged_part_running(stack: Stack) -> None:
    before = stack.pid("valkey")
    stack.up({"valkey"})
    assert stack.pid("valkey") == before


def test_down_leaves_nothing_running(stack: Stack) -> None:
    stack.down()
    assert processes.belonging_to(stack.installation.state) == []


@pytest.mark.skipif(not psutil.LINUX, reason="the kernel's signal at a parent's death is Linux's")
def test_nothing_outlives_a_killed_supervisor(stack: Stack) -> None:
    part = psutil.Process(stack.pid("valkey"))
    supervisor = part.parent()
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    psutil.wait_procs([part], timeout=10)
    assert processes.belonging_to(stack.installation.state) == []


def test_a_reset_leaves_what_belongs_to_tests(stack: Stack) -> None:
    state = stack.installation.state
    for name in ("test", "cluster"):
        (state / name).mkdir()
    stack.reset()
    assert sorted(each.name for each in state.iterdir()) == ["cluster", "test"]
