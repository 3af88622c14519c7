"""Starting and ending the cluster of a place, by up.sh and down.sh."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from deploy.cluster import binaries, leftovers, machine, slots
from deploy.cluster.places import Place
from deploy.local.bootstrap import locked
from deploy.local.errors import StackError
from deploy.local.progress import Progress

HERE = Path(__file__).parent


def up(place: Place, nodes: int, progress: Progress) -> None:
    """Start it; StackError with the last lines of its logs where it doesn't start, and then nothing of it is left.

    StackError too where another checkout's cluster uses the slot: that is not touched.
    """
    machine.require()
    with slot(place):
        if is_up(place):
            raise StackError(f"the cluster {place.name} runs already: `python -m deploy.cluster down` ends it")
        clear(place)  # what one left that was killed, or killed while it started
        binaries.ensure(place.cache, progress)
        start(place, nodes, progress)


def start(place: Place, nodes: int, progress: Progress) -> None:
    """Run up.sh, and take away what it started where it fails."""
    place.work.mkdir(parents=True, exist_ok=True)  # before the script that holds the slot for it
    try:
        run_script("up.sh", place, {"NODES": str(nodes)}, progress)
        whole(place).touch()
    except BaseException:
        clear(place, keep_logs=True)
        raise


def down(place: Place) -> None:
    """End it, and leave nothing of it; a no-op where nothing runs. StackError where another checkout uses the slot."""
    with slot(place):
        clear(place)


def slot(place: Place) -> AbstractContextManager[None]:
    """One start or end at a time in a slot: interfaces and control groups are taken away by their names."""
    return locked(place.cache / "cluster-slots" / place.name)


def clear(place: Place, *, keep_logs: bool = False) -> None:
    """What `down` does, for who has the slot."""
    slots.free(place)
    if place.work.exists() or any(leftovers.interfaces(place)):
        whole(place).unlink(missing_ok=True)
        run_script("down.sh", place, {"KEEPLOGS": "1"} if keep_logs else {}, None)


def load(place: Place, archives: Sequence[Path]) -> None:
    """Import image archives into every node."""
    from deploy.cluster import images

    images.run(place, "load", *map(str, archives))


def kill(place: Place, node: str, container: str) -> None:
    """SIGKILL a container's processes; one that is gone already is no matter."""
    command = ["ctr", "--address", str(place.work / node / "containerd.sock"), "--namespace", "k8s.io", "tasks", "kill"]
    subprocess.run([*command, "--all", "--signal", "SIGKILL", container], capture_output=True, check=False)


def is_up(place: Place) -> bool:
    """Whether it has started, and its nodes live."""
    born = {file.with_suffix(".pid"): file.read_text().strip() for file in (place.work / "run").glob("node*.born")}
    return whole(place).exists() and bool(born) and all(start_of(pid) == start for pid, start in born.items())


def whole(place: Place) -> Path:
    """There once the start is over."""
    return place.work / "whole"


def start_of(pid_file: Path) -> str | None:
    """When the process of the file was started, in the kernel's ticks; None where it is gone."""
    try:
        return Path(f"/proc/{pid_file.read_text().strip()}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def status(place: Place) -> str:
    """What runs, as a text for people."""
    if not is_up(place):
        return f"the cluster {place.name} does not run"
    kubectl = binaries.folder(place.cache) / "kubectl"
    command = [str(kubectl), "--kubeconfig", str(place.kubeconfig), "get", "nodes,pods", "-A", "-o", "wide"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{listed.stdout}{listed.stderr}export KUBECONFIG={place.kubeconfig} PATH={kubectl.parent}:$PATH"


def environment(place: Place) -> dict[str, str]:
    """What the scripts are told."""
    return {
        **os.environ,
        "BIN": str(binaries.folder(place.cache)),
        "WORK": str(place.work),
        "STORE": str(place.images),
        "NAME": place.name,
        "NET": place.net,
        "POD": place.pods,
        "SVC": place.services,
        "CNIBIN": str(machine.PLUGINS),
    }


def run_script(script: str, place: Place, more: dict[str, str], progress: Progress | None, *arguments: str) -> None:
    """Run one of the scripts to its end, telling its lines; StackError with what it complained of where it fails."""
    command = [str(HERE / script), *arguments]
    with subprocess.Popen(
        command, env=environment(place) | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if progress:
                progress.say(line.rstrip())
    if process.returncode:
        raise StackError(f"{script} failed:\n{''.join(said)}")
