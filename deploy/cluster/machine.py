"""What the machine must have for a cluster of its own, and what of it is missing."""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import StackError

PROGRAMS = {
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "openssl": "openssl",
    "pgrep": "procps",
    "nsenter": "util-linux",
}
"""Debian's package by the program that is needed of it."""

PLUGINS = Path("/usr/lib/cni")
CGROUPS = Path("/sys/fs/cgroup/memory/cgroup.procs")
PACKAGES = (*PROGRAMS.values(), "containernetworking-plugins", "gcc", "libc6-dev")


def missing() -> list[str]:
    """What keeps a cluster from running here, each with what to do; empty when all is there."""
    found = []
    if os.geteuid() != 0:
        found.append("root: it makes network interfaces, mounts and control groups")
    if not Path("/etc/debian_version").exists():
        found.append("Debian: containerd, runc and the network plugins are taken from its packages")
    if absent := packages_missing():
        found.append(f"packages: `apt-get install -y --no-install-recommends {' '.join(absent)}`")
    if not CGROUPS.exists():
        found.append(f"control groups of version 1 ({CGROUPS.parent})")
    return found


def packages_missing() -> list[str]:
    """Packages whose program or file isn't there."""
    absent = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not (PLUGINS / "bridge").exists():
        absent.append("containernetworking-plugins")
    if not shutil.which("gcc"):
        absent.append("gcc")
    if not any(Path("/usr/lib").glob("*/libc.a")):
        absent.append("libc6-dev")
    return absent


def install() -> None:
    """Install the packages that are missing; nothing is done where none is. StackError where that fails."""
    if not (absent := packages_missing()):
        return
    if not shutil.which("apt-get"):
        raise StackError(f"packages are missing, and there is no apt-get: {' '.join(absent)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *absent]):
        finished = subprocess.run(["apt-get", *command], env=quiet, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise StackError(f"apt-get {' '.join(command)} failed:\n{finished.stdout}{finished.stderr}".strip())


def require(lacking: list[str] | None = None) -> None:
    """Raise StackError naming everything that is missing."""
    lines = missing() if lacking is None else lacking
    if lines:
        raise StackError("a cluster of our own needs:\n" + "\n".join(f"  {line}" for line in lines))
