"""What a rendering of the chart holds, as tests ask for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.helm.chart import Manifest

COMPONENT = "app.kubernetes.io/component"
WITH_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


@dataclass(frozen=True)
class Pods:
    """Pods that an object makes."""

    owner: Manifest
    metadata: dict[str, Any]
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.owner['kind']}/{self.owner['metadata']['name']}"

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.get("labels") or {}

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


class Rendering:
    """The objects of one rendering."""

    def __init__(self, objects: list[Manifest]) -> None:
        self.objects = objects

    def of(self, kind: str) -> dict[str, Manifest]:
        """The objects of a kind by name."""
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    def names(self) -> set[str]:
        return {f"{each['kind']}/{each['metadata']['name']}" for each in self.objects}

    def pods(self) -> Iterator[Pods]:
        """Of every object that makes some."""
        for each in self.objects:
            if each["kind"] in WITH_PODS:
                yield _pods(each)

    def deployment(self, name: str) -> Pods:
        return _pods(self.of("Deployment")[name])

    def selected(self, selector: dict[str, str]) -> list[Pods]:
        """The pods with these labels."""
        return [pods for pods in self.pods() if selector.items() <= pods.labels.items()]


def _pods(owner: Manifest) -> Pods:
    if owner["kind"] == "Pod":
        return Pods(owner, owner["metadata"], owner["spec"])
    spec = owner["spec"]["jobTemplate"]["spec"] if owner["kind"] == "CronJob" else owner["spec"]
    return Pods(owner, spec["template"].get("metadata", {}), spec["template"]["spec"])


def references(pods: Pods) -> set[str]:
    """Each ConfigMap and Secret that pods name, such as ``Secret/shop-keys``."""
    named = [("Secret", each) for each in pods.spec.get("imagePullSecrets", [])]
    for volume in pods.spec.get("volumes", []):
        for source in (volume, *volume.get("projected", {}).get("sources", [])):
            named += [("Secret", source.get("secret")), ("ConfigMap", source.get("configMap"))]
    for container in pods.containers:
        for each in container.get("envFrom", []):
            named += [("Secret", each.get("secretRef")), ("ConfigMap", each.get("configMapRef"))]
        for source in (variable.get("valueFrom", {}) for variable in container.get("env", [])):
            named += [("Secret", source.get("secretKeyRef")), ("ConfigMap", source.get("configMapKeyRef"))]
    return {f"{kind}/{said.get('secretName') or said['name']}" for kind, said in named if said}
