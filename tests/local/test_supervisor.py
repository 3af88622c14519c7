"""The supervisor's sections and the environment files beside them."""

import configparser
import os
import signal
import stat
import sys

import pytest

from deploy.local import processes
from deploy.local.components.base import Command
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.launch import read_environment
from deploy.local.supervisor import MARKER, Supervisor, wait_until


def section(installation: Installation, name: str) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.read(installation.state / "run" / "programs" / f"{name}.conf")
    return parser[f"program:{name}"]


def test_every_program_comes_back_whenever_it_ends(installation: Installation) -> None:
    Supervisor(installation).configure("valkey", Command(("/bin/true", "--save", "")), "")
    written = section(installation, "valkey")
    assert written["autorestart"] == "true"
    assert written["command"].startswith(sys.executable)
    assert written["command"].endswith("/bin/true --save ''")


def test_secrets_are_in_a_private_file_and_not_on_the_command_line(installation: Installation) -> None:
    command = Command(("/bin/true",), {"PASSWORD": "a=b 100%"})
    Supervisor(installation).configure("order", command, "")
    envfile = installation.state / "env" / "order.env"
    assert stat.S_IMODE(envfile.stat().st_mode) == 0o600
    assert read_environment(str(envfile))["PASSWORD"] == "a=b 100%"
    assert "a=b" not in section(installation, "order")["command"]


def test_every_process_carries_the_stacks_marker(installation: Installation) -> None:
    Supervisor(installation).configure("order", Command(("/bin/true",)), "")
    environment = read_environment(str(installation.state / "env" / "order.env"))
    assert environment[MARKER] == str(installation.state)


def test_changed_code_or_settings_change_the_section(installation: Installation) -> None:
    supervisor = Supervisor(installation)
    lines = set()
    for value, fingerprint in (("1", "a"), ("2", "a"), ("2", "b"), ("2", "b")):
        supervisor.configure("order", Command(("/bin/true",), {"SETTING": value}), fingerprint)
        lines.add(section(installation, "order")["command"])
    assert len(lines) == 3


def test_percent_signs_reach_the_program_unchanged(installation: Installation) -> None:
    Supervisor(installation).configure("edge", Command(("/bin/true", "50%")), "")
    assert section(installation, "edge")["command"].endswith("50%%")


def test_a_socket_path_too_long_for_the_kernel_is_replaced(installation: Installation) -> None:
    deep = Installation(installation.state / ("x" * 100), installation.ports, cache=installation.cache)
    assert len(str(Supervisor(deep).socket)) <= 100
    assert Supervisor(deep).socket == Supervisor(deep).socket


@pytest.mark.slow
def test_a_supervisor_that_is_ending_says_so(installation: Installation) -> None:
    supervisor = Supervisor(installation)
    supervisor.configure("deaf", Command(("/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done")), "")
    try:
        supervisor.apply()
        supervisor.start(["deaf"])
        wait_until(lambda: supervisor.states()["deaf"].state == "RUNNING", 10, "it does not run")
        os.kill(supervisor.pid(), signal.SIGTERM)
        with pytest.raises(StackError, match="going down just now"):
            wait_until(lambda: not supervisor.states(), 3, "it went on")
        assert supervisor.alive()
    finally:
        processes.kill_all(processes.belonging_to(installation.state))
