"""The shop as one release of the chart, and what can be done to it. Every method blocks: under load call it in a thread."""

from collections.abc import Mapping, Sequence
from typing import Any

from kubernetes import client

Values = Mapping[str, Any]


class Release:
    """One installed release. `url` is the edge's REST address as this machine reaches it, without a slash at its end."""

    name = "shop"
    namespace: str
    url: str
    tag: str
    core: client.CoreV1Api
    apps: client.AppsV1Api

    def install(self, tag: str = "test-1", values: Values | None = None) -> float:
        """Make the namespace (pod security `restricted`) and its Secrets, install, wait; the seconds it took."""
        raise NotImplementedError

    def upgrade(self, tag: str | None = None, values: Values | None = None, timeout: float = 300) -> float:
        """`helm upgrade --wait` to the tag (None: as it is), with more values; the seconds it took.

        ClusterError names the resource that failed, with its events and last log lines; the old pods keep serving.
        """
        raise NotImplementedError

    def rollback(self, revision: int = 0, timeout: float = 300) -> float:
        """`helm rollback --wait`, to the revision before where none is given; the seconds it took."""
        raise NotImplementedError

    def scale(self, service: str, replicas: int, timeout: float = 120) -> float:
        """Set a service's replicas and wait until as many are ready; the seconds it took."""
        raise NotImplementedError

    def pods(self, service: str | None = None) -> list[client.V1Pod]:
        """The pods of a service, of the edge, or all, that aren't ending; Jobs' are left out."""
        raise NotImplementedError

    def kill(self, pod: client.V1Pod | str) -> None:
        """Delete the pod at once, without a grace period: its processes get SIGKILL."""
        raise NotImplementedError

    def drain(self, node: str, timeout: float = 180) -> float:
        """Evict every pod of the node, as the disruption budgets allow; the seconds it took."""
        raise NotImplementedError

    def uncordon(self, node: str) -> None:
        """Let pods be placed on the node again."""
        raise NotImplementedError

    def wait_ready(self, timeout: float = 180) -> float:
        """Wait until every Deployment has all its pods ready and up to date; the seconds it took."""
        raise NotImplementedError

    def audit(self) -> None:
        """Wait for the shop's rest (all tasks done), then raise AssertionError with the table of what the books disagree in."""
        raise NotImplementedError

    def test(self) -> str:
        """`helm test`; its log."""
        raise NotImplementedError

    def logs(self, pod: client.V1Pod | str, lines: int = 200) -> str:
        """The last lines of a pod's main container."""
        raise NotImplementedError

    def restarts(self) -> dict[str, int]:
        """Containers that were started more than once, by `pod/container`."""
        raise NotImplementedError

    def nodes(self) -> Sequence[str]:
        """The names of the nodes that pods are placed on."""
        raise NotImplementedError
