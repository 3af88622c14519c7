"""The operating system's view: who holds a port, what a stack left running, how much memory a process really uses."""

import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from deploy.local.installation import HOST
from deploy.local.supervisor import MARKER


def holder(port: int) -> str | None:
    """Who listens on the port, as `command (pid 12)`, as far as this user may know; None when the port is free."""
    if not taken(port):
        return None
    for process in psutil.process_iter():
        try:
            connections = process.net_connections(kind="tcp")
            if any(each.laddr.port == port and each.status == psutil.CONN_LISTEN for each in connections):
                return f"{process.name()} (pid {process.pid})"
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return "a process of another user"


def taken(port: int) -> bool:
    """Whether the port can't be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def belonging_to(state: Path) -> list[psutil.Process]:
    """Every process that carries the stack's marker in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(state):
                found.append(process)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def kill_all(processes: Iterable[psutil.Process]) -> int:
    """SIGKILL each and wait until it is gone; answers how many there were."""
    targets = list(processes)
    for process in targets:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(targets, timeout=3)
    return len(targets)


def proportional_memory(pid: int) -> int:
    """Bytes of memory of the process and its children, shared pages divided among their users (PSS)."""
    try:
        root = psutil.Process(pid)
        return sum(memory_of(process) for process in (root, *root.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def own_memory(pid: int) -> int:
    """The same without the children."""
    try:
        return memory_of(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return 0


def memory_of(process: psutil.Process) -> int:
    """PSS where the system tells it, else the resident size."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
