"""Which cluster the tests run on, and how they reach it: the one that KUBECONFIG names, else kind, else `deploy.cluster`."""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from kubernetes import client

from deploy.cluster import binaries, leftovers, machine, running
from deploy.cluster.places import Place as Cluster
from deploy.cluster.places import of_checkout
from deploy.local.bootstrap import ROOT
from deploy.local.progress import Progress
from tests.cluster.errors import ClusterError

HOST, REGISTRY = "CLUSTER_HOST", "CLUSTER_REGISTRY"
OWN_REGISTRY = "localhost/shopmesh"
NODES = 2
KIND = "shopmesh-test"


class Place(ABC):
    """A cluster. `host` is the address under which its pods find this machine; `registry` leads the names of images."""

    kubeconfig: Path
    host: str
    registry: str = OWN_REGISTRY
    pull_policy: str = "Never"
    loads = True
    """Whether the images are built here and put into it."""
    reaches_services = False
    """Whether this machine has a way to the addresses of Services."""
    stays = True
    """Whether it outlives the run, once it is up."""

    def __init__(self) -> None:
        self.programs: dict[str, str] = {}

    def program(self, name: str) -> str:
        """The path of `helm` or `kubectl`."""
        if name not in self.programs:
            self.programs[name] = find(name)
        return self.programs[name]

    def run(
        self, program: str, *arguments: str, text: str | None = None, timeout: float = 600, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `helm` or `kubectl` on this cluster to its end; ClusterError with its output where it fails.

        `text` goes to its standard input; `check=False` answers a failure instead of raising it.
        """
        command = [self.program(program), *arguments]
        try:
            finished = subprocess.run(
                command,
                input=text,
                text=True,
                capture_output=True,
                check=False,
                timeout=timeout,
                cwd=ROOT,
                env=self.environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"`{program} {' '.join(arguments)}` did not end within {timeout:.0f} s") from error
        if check and finished.returncode:
            raise ClusterError(f"`{program} {' '.join(arguments)}` failed:\n{finished.stdout}{finished.stderr}")
        return finished

    def environment(self) -> dict[str, str]:
        """This process's environment, with KUBECONFIG for this cluster."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    @abstractmethod
    def up(self, progress: Progress) -> None:
        """Start it, where it isn't somebody else's."""

    @abstractmethod
    def load(self, archives: Sequence[Path]) -> None:
        """Put the images of these archives on every node."""

    def kill(self, pod: client.V1Pod) -> None:  # noqa: B027 - only one place can
        """SIGKILL the processes of the pod's containers, where this machine can."""

    @abstractmethod
    def down(self) -> None:
        """Leave nothing of what `up` started."""


class Own(Place):
    """The cluster of `deploy.cluster`; one that runs already is used as it is, and stays."""

    reaches_services = True

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self.cluster = cluster
        self.kubeconfig = cluster.kubeconfig
        self.host = cluster.host

    def up(self, progress: Progress) -> None:
        machine.require()
        binaries.ensure(self.cluster.cache, progress)
        self.programs = {name: str(binaries.folder(self.cluster.cache) / name) for name in ("helm", "kubectl")}
        if not running.is_up(self.cluster):
            self.stays = False
            running.up(self.cluster, NODES, progress)

    def load(self, archives: Sequence[Path]) -> None:
        running.load(self.cluster, archives)

    def kill(self, pod: client.V1Pod) -> None:
        for status in pod.status.container_statuses or []:
            running.kill(self.cluster, pod.spec.node_name, (status.container_id or "").rpartition("/")[2])

    def down(self) -> None:
        if self.stays:
            return
        running.down(self.cluster)
        if left := leftovers.of(self.cluster):
            raise ClusterError("the cluster has ended, and left:\n" + "\n".join(left))


class Kind(Place):
    """A cluster of kind's own making, where there is an engine."""

    stays = False

    def __init__(self) -> None:
        super().__init__()
        self.kubeconfig = ROOT / ".local" / "cluster" / "kind.kubeconfig"

    def up(self, progress: Progress) -> None:
        progress.say("creating a cluster with kind")
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        nodes = "\n".join(("- role: control-plane", *("- role: worker",) * NODES))
        configuration = f"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n{nodes}\n"
        self.kind("create", "cluster", "--config", "-", "--wait", "180s", text=configuration)
        inspected = ("docker", "network", "inspect", "kind", "-f", "{{range .IPAM.Config}}{{.Gateway}} {{end}}")
        gateways = subprocess.run(inspected, capture_output=True, text=True, check=True).stdout.split()
        self.host = next(each for each in gateways if "." in each)

    def load(self, archives: Sequence[Path]) -> None:
        for archive in archives:
            self.kind("load", "image-archive", str(archive))

    def down(self) -> None:
        self.kind("delete", "cluster")

    def kind(self, *arguments: str, text: str | None = None) -> None:
        command = ["kind", *arguments, "--name", KIND]
        finished = subprocess.run(
            command, input=text, text=True, capture_output=True, check=False, env=self.environment()
        )
        if finished.returncode:
            raise ClusterError(f"`{' '.join(command)}` failed:\n{finished.stdout}{finished.stderr}")


class Given(Place):
    """Somebody's cluster, by KUBECONFIG. Its pods must reach this machine, and it must be able to pull the images."""

    loads = False
    pull_policy = "IfNotPresent"

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__()
        self.kubeconfig = kubeconfig
        missing = [name for name in (HOST, REGISTRY) if not os.environ.get(name)]
        if missing:
            raise ClusterError(
                f"KUBECONFIG names a cluster of yours; set {' and '.join(missing)} too: the address at which its pods"
                " reach this machine, and the registry that holds the images (tags test-1 and test-2)"
            )
        self.host, self.registry = os.environ[HOST], os.environ[REGISTRY]

    def up(self, progress: Progress) -> None:
        self.run("kubectl", "version")

    def load(self, archives: Sequence[Path]) -> None:
        raise ClusterError("images are not put into a cluster of somebody else's: push them to its registry")

    def down(self) -> None:
        """It isn't ours."""


def choose() -> Place:
    """The place that the environment asks for, not started yet; ClusterError says what is missing where there is none."""
    own = of_checkout()
    given = os.environ.get("KUBECONFIG")
    if given and Path(given).resolve() != own.kubeconfig:
        return Given(Path(given))
    if not given and engine():
        return Kind()
    if missing := machine.missing():
        lines = "\n".join(f"  {line}" for line in missing)
        raise ClusterError(f"no KUBECONFIG, no engine with kind, and a cluster of our own needs:\n{lines}")
    return Own(own)


def engine() -> bool:
    """Whether there is a container engine that answers, and kind."""
    if not shutil.which("docker") or not shutil.which("kind"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def find(name: str) -> str:
    """A program that the machine has, or helm as `deploy.cluster` builds it."""
    if found := shutil.which(name):
        return found
    if name == "helm":
        return str(binaries.helm(of_checkout().cache, Progress()))
    raise ClusterError(f"there is no {name} on PATH")
