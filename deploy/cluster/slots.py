"""Whose cluster uses a slot: told by the processes themselves, which no killed start and no removed folder can belie.

up.sh gives what it starts its own environment, with the name and the folder of the cluster.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.cluster.places import SLOTS, Place
from deploy.local.errors import StackError

HOLDERS = ("/up.sh", "/pause")
"""What of a cluster lives from its start to its end: the script, then the first process of each node."""


def free(place: Place) -> None:
    """End nodes whose folder is gone, as nobody else will; StackError where another checkout's cluster uses the slot."""
    for process, work in holders(place):
        if not work.exists():
            with suppress(psutil.NoSuchProcess):  # a node's process ends with its parent
                process.kill()
        elif work != place.work.resolve():
            raise StackError(
                f"the cluster {place.name} that runs is that of {work}: end it by `python -m deploy.cluster down` in its"
                f" checkout, or set another SHOPMESH_PORT_OFFSET in .env, or CLUSTER_SLOT (0 to {SLOTS - 1})"
            )


def holders(place: Place) -> Iterator[tuple[psutil.Process, Path]]:
    """Processes that hold the slot, each with the folder of its cluster."""
    for process in psutil.process_iter(["cmdline", "environ"]):
        line, environment = process.info["cmdline"], process.info["environ"] or {}
        if line and line[-1].endswith(HOLDERS) and environment.get("NAME") == place.name and "WORK" in environment:
            yield process, Path(environment["WORK"]).resolve()
