"""What the owner reads: needs before a start, addresses and log-ins after it, and the table of `make status`."""

import shutil
import time
from collections.abc import Iterable

import psutil

from deploy.local import addresses, processes
from deploy.local.accounts import accounts
from deploy.local.components.base import Component
from deploy.local.downloads import Download
from deploy.local.installation import Installation
from deploy.local.progress import table
from deploy.local.supervisor import ProcessState

MEGABYTE = 1024 * 1024
UNPACKED = 3
STATE_MEGABYTES = 300


def downloads_of(parts: Iterable[Component]) -> list[Download]:
    """Every download the parts need, each once."""
    return list(dict.fromkeys(each for part in parts for each in part.downloads))


def needs(parts: list[Component], installation: Installation) -> str:
    """What a start will fetch, and the disk and memory it needs beside what the machine has."""
    missing = [each for each in downloads_of(parts) if not each.present(installation.cache)]
    fetched = sum(each.megabytes for each in missing)
    disk = fetched * UNPACKED + STATE_MEGABYTES
    memory = sum(part.megabytes for part in parts)
    free_disk = shutil.disk_usage(installation.folder()).free // MEGABYTE
    free_memory = psutil.virtual_memory().available // MEGABYTE
    what = f"{fetched} MB ({', '.join(each.name for each in missing)})" if missing else "nothing"
    return (
        f"to fetch: {what}; disk: about {disk} MB of {free_disk} MB free; "
        f"memory: about {memory} MB of {free_memory} MB free"
    )


def welcome(installation: Installation) -> str:
    """Where to look, and how to log in."""
    edge, own = addresses.public(installation), installation.overrides
    rows = [
        ("API", f"{edge}/api/v1/products"),
        ("API reference", f"{edge}/docs"),
        ("mailbox", "your own, by SMTP_URL" if "SMTP_URL" in own else f"http://{installation.address('mail')}"),
        ("traces", own.get("OTEL_EXPORTER_OTLP_ENDPOINT") or f"http://{installation.address('traces')}"),
        *((f"{each.role.lower()}'s log-in", f"{each.email}  {each.password}") for each in accounts(installation)),
    ]
    return table(("", "Shopmesh is up"), rows)


def status(
    parts: Iterable[Component], states: dict[str, ProcessState], installation: Installation, supervisor: int
) -> str:
    """One row per part: state, pid, port, memory (PSS) and how long it has run; the supervisor and the total below."""
    rows, total = [], 0
    for part in (each for each in parts if each.wanted(installation)):
        state = states.get(part.name)
        if part.replaced(installation):
            rows.append((part.name, "elsewhere", "", "", "", ""))
        elif state is None or not state.pid:
            rows.append((part.name, state.state.lower() if state else "down", "", port_of(part, installation), "", ""))
        else:
            memory = processes.proportional_memory(state.pid)
            total += memory
            place = (str(state.pid), port_of(part, installation), f"{memory // MEGABYTE} MB", since(state.started))
            rows.append((part.name, state.state.lower(), *place))
    if supervisor:
        memory = processes.own_memory(supervisor)
        total += memory
        rows.append(("supervisor", "running", str(supervisor), "", f"{memory // MEGABYTE} MB", ""))
    rows.append(("total", "", "", "", f"{total // MEGABYTE} MB", ""))
    return table(("part", "state", "pid", "port", "memory", "up for"), rows)


def port_of(part: Component, installation: Installation) -> str:
    return str(installation.ports[part.ports[0]]) if part.ports else ""


def since(started: int) -> str:
    """Time since a Unix time, as `2h03m` or `4m05s`."""
    minutes, seconds = divmod(max(0, int(time.time()) - started), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s"
