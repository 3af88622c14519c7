"""What of a cluster is still on the machine: nothing, once it has ended."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.cluster.places import Place


def of(place: Place) -> list[str]:
    """Each process, mount, interface, control group and route that is left of the cluster."""
    return [*processes(place), *mounts(place), *interfaces(place), *groups(place), *routes(place)]


def processes(place: Place) -> Iterator[str]:
    """Those that were told a file of its folder."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if f"{place.work}/" in line:
            yield f"process {process.info['pid']}: {line[:100]}"


def mounts(place: Place) -> Iterator[str]:
    """Those below its folder, as this process sees them."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        where = line.split()[1]
        if where.startswith((f"{place.work}/", f"{place.images}/")):
            yield f"mount {where}"


def interfaces(place: Place) -> Iterator[str]:
    """The bridge, and a link for each node."""
    for link in Path("/sys/class/net").iterdir():
        if link.name.startswith(f"{place.name}-"):
            yield f"interface {link.name}"


def groups(place: Place) -> Iterator[str]:
    """Control groups in any hierarchy."""
    for group in Path("/sys/fs/cgroup").glob(f"*/{place.name}"):
        yield f"control group {group}"


def routes(place: Place) -> Iterator[str]:
    """To its nodes, pods and Services."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        number = int(line.split()[1], 16)
        address = ".".join(str(number >> shift & 255) for shift in (0, 8, 16, 24))
        if address.startswith((f"{place.net}.", f"{place.pods}.", f"{place.services}.")):
            yield f"route {address}"
