"""Become a supervised process: `launch.py FINGERPRINT ENVFILE SIGNAL USER PROGRAM ARGUMENT...`.

Reads the environment from ENVFILE (`NAME=value` lines), becomes USER unless that is `-`, asks the kernel to send SIGNAL
when the supervisor dies, so that kill -9 of the supervisor leaves nothing behind, and executes the program.
FINGERPRINT only makes the supervisor see that code or settings changed. Standard library alone, to start fast.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def read_environment(path: str) -> dict[str, str]:
    """The file's variables; values are taken as they stand, without quotes or escapes."""
    lines = (line for line in Path(path).read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def become(user: str) -> None:
    """Drop root's rights for those of `user`."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with_parent(stop_signal: str) -> None:
    """Linux only; elsewhere `make down` finds what a killed supervisor left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.Signals[f"SIG{stop_signal}"].value)


def main(_fingerprint: str, envfile: str, stop_signal: str, user: str, program: str, *arguments: str) -> None:
    environment = read_environment(envfile)
    if user != "-":
        become(user)
    die_with_parent(stop_signal)
    os.execve(program, [program, *arguments], environment)  # noqa: S606 - becoming the program is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
