"""Who holds a port, and what a stack left running."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.errors import StackError
from deploy.local.installation import HOST, Installation
from deploy.local.stack import Stack
from deploy.local.supervisor import MARKER


def test_a_taken_port_is_named_with_its_holder_before_anything_starts(installation: Installation) -> None:
    with socket.create_server((HOST, 0)) as held:
        port = held.getsockname()[1]
        stack = Stack(replace(installation, ports={**installation.ports, "valkey": port}))
        with pytest.raises(StackError, match=rf"port {port}, needed by valkey, is held by .*\(pid {os.getpid()}\)"):
            stack.up({"valkey"})
        assert not stack.supervisor.alive()


def test_what_is_asked_of_a_stack_that_is_down_names_the_command_that_starts_it(installation: Installation) -> None:
    for ask in (Stack(installation).stop, Stack(installation).start, Stack(installation).restart):
        with pytest.raises(StackError, match="`make up`"):
            ask("valkey")


def test_a_part_of_somebody_elses_cannot_be_restarted(installation: Installation) -> None:
    stack = Stack(replace(installation, overrides={"MONGODB_URI": "mongodb://db.example"}))
    with pytest.raises(StackError, match="mongo is your own server"):
        stack.restart("mongo")


def test_a_part_on_other_ports_is_run_anew(installation: Installation) -> None:
    moved = Stack(replace(installation, ports={name: port + 1 for name, port in installation.ports.items()}))
    for name, part in Stack(installation).components.items():
        assert (Stack(installation).mark(part) == moved.mark(part)) == (not part.ports), name


def test_a_process_with_the_stacks_marker_is_found_and_ended(tmp_path: Path) -> None:
    idle = [sys.executable, "-c", "input()"]
    with subprocess.Popen(idle, stdin=subprocess.PIPE, env={MARKER: str(tmp_path)}) as process:
        assert [each.pid for each in processes.belonging_to(tmp_path)] == [process.pid]
        assert processes.kill_all(processes.belonging_to(tmp_path)) == 1


def test_memory_counts_this_process() -> None:
    assert processes.proportional_memory(os.getpid()) > 1024 * 1024
