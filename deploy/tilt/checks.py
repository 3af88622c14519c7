"""Holds what a Tiltfile names against the tree and the objects that helm makes of the chart."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from deploy.helm.chart import Manifest
from deploy.local.installation import SERVICES
from deploy.tilt.recording import Image, Recorded, Resource, evaluate

WORKLOADS = ("Deployment", "StatefulSet", "Job")
PAGE = 10350
"""The port of Tilt's own page."""

COMPONENT = "app.kubernetes.io/component"
OF_SERVICES = "services"
"""The group of the page in which services stand, and nothing else."""
RELOADING = "services.chassis.reloading"
LABEL = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")


def complaints(root: Path, text: str) -> list[str]:
    """What the Tiltfile names and is not there; empty where all is well. TiltfileError where it cannot be evaluated."""
    told = evaluate(root, text)
    return [
        *(f"{path} is not in the tree" for path in told.files if not (root / path).exists()),
        *(line for image in told.images for line in _image(root, told, image)),
        *_unbuilt(told),
        *(line for resource in told.resources for line in _resource(told, resource)),
        *_together(told),
        *(line for resource in told.resources if resource.command for line in _command(root, resource)),
        *cluster_files(root, told.contexts),
    ]


def _image(root: Path, told: Recorded, image: Image) -> Iterator[str]:
    dockerfile = root / image.dockerfile
    for path in (image.dockerfile, *image.only):
        if not (root / image.context / path).exists():
            yield f"image {image.ref}: {path} is not in the tree"
    if not _containers(told, image.ref):
        yield f"image {image.ref}: no pod of the chart runs it"
    if dockerfile.exists():
        for source in _copied(dockerfile.read_text()):
            if not _within(source, image.only):
                yield f"image {image.ref}: its Dockerfile copies {source}, which `only` leaves out"
    yield from _live_update(root, told, image)


def _live_update(root: Path, told: Recorded, image: Image) -> Iterator[str]:
    order = [step.name for step in image.live_update]
    if order != sorted(order, key=("fall_back_on", "sync", "run").index):
        yield f"image {image.ref}: live_update must fall back, then sync, then run"
    for step in image.live_update:
        paths = step.arguments if step.name == "fall_back_on" else step.arguments[:1] if step.name == "sync" else ()
        for path in paths:
            if not (root / path).exists():
                yield f"image {image.ref}: {step.name} names {path}, which is not in the tree"
            elif not _within(path, image.only):
                yield f"image {image.ref}: {step.name} names {path}, which `only` leaves out"
        if step.name == "sync":
            yield from _writable(told, image, step.arguments[1])
    for container in _containers(told, image.ref) if "run" in order else ():
        if container["name"] in _serving(told) and RELOADING not in container.get("command", []):
            yield f"image {image.ref}: the container {container['name']} runs no {RELOADING}, which the signal is for"


def _writable(told: Recorded, image: Image, remote: str) -> Iterator[str]:
    """A synced file must land on a volume: the image's own files cannot be changed."""
    for container in _containers(told, image.ref):
        mounts = [mount["mountPath"] for mount in container.get("volumeMounts", []) if not mount.get("readOnly")]
        if container["name"] in _serving(told) and not _within(remote, mounts):
            yield f"image {image.ref}: {remote} lies on no volume of the container {container['name']} that may be written"


def _serving(told: Recorded) -> set[str]:
    """Names of the containers that stay; those that run once need no update."""
    specs = [_pod(each) for each in told.objects if each["kind"] in ("Deployment", "StatefulSet")]
    return {container["name"] for spec in specs for container in spec["containers"]}


def _copied(dockerfile: str) -> Iterator[str]:
    """Paths that a Dockerfile copies out of its context; a pattern counts as its folder."""
    for line in dockerfile.replace("\\\n", " ").splitlines():
        words = line.split()
        if words[:1] in (["COPY"], ["ADD"]) and not any(word.startswith("--from") for word in words):
            sources = [word for word in words[1:-1] if not word.startswith("--")]
            yield from (source.rpartition("/")[0] if "*" in source else source for source in sources)


def _within(path: str, folders: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _unbuilt(told: Recorded) -> Iterator[str]:
    """Images of the chart's own registry that nothing builds."""
    refs = {image.ref for image in told.images}
    registries = {ref.partition("/")[0] for ref in refs}
    for ref in sorted({_name(container["image"]) for container in _all_containers(told)}):
        if ref.partition("/")[0] in registries and ref not in refs:
            yield f"image {ref}: pods run it and nothing builds it"


def _resource(told: Recorded, resource: Resource) -> Iterator[str]:
    known = {each.name for each in told.resources}
    for name in resource.needs:
        if name not in known:
            yield f"resource {resource.name}: depends on {name}, which is no resource"
    if not resource.labels or not all(LABEL.fullmatch(label) for label in resource.labels):
        yield f"resource {resource.name}: stands in no group: {resource.labels}"
    forwarded = {forward.local for each in told.resources for forward in each.forwards} | {PAGE}
    for url in resource.links:
        if urlsplit(url).hostname == "localhost" and urlsplit(url).port not in forwarded:
            yield f"resource {resource.name}: links to {url}, whose port nothing forwards"
    if resource.command:
        yield from _address(told, resource)
    else:
        yield from _workload(told, resource)


def _address(told: Recorded, resource: Resource) -> Iterator[str]:
    """A button that calls the shop calls a port that leads to something it waits for."""
    forwarded = {forward.local for each in told.resources if each.name in resource.needs for forward in each.forwards}
    for word, url in pairwise(resource.command):
        if word == "--api" and urlsplit(url).port not in forwarded:
            yield f"resource {resource.name}: calls {url}, whose port leads to nothing that it waits for"


def _workload(told: Recorded, resource: Resource) -> Iterator[str]:
    found = [each for each in told.objects if each["kind"] in WORKLOADS and _called(each) == resource.workload]
    if len(found) != 1:
        yield f"resource {resource.name}: {len(found)} workloads are called {resource.workload}"
        return
    component = found[0]["metadata"].get("labels", {}).get(COMPONENT, "")
    if (component in SERVICES) != (OF_SERVICES in resource.labels):
        kind = "a service" if component in SERVICES else "no service"
        yield f"resource {resource.name}: is {kind}, and stands in {resource.labels}"
    ports = {port["containerPort"] for each in _pod(found[0])["containers"] for port in each.get("ports", [])}
    for forward in resource.forwards:
        if forward.container not in ports:
            yield f"resource {resource.name}: forwards to port {forward.container}, which no container of it has"
    selectors = Counter(f"{_called(each)}:{each['kind'].lower()}" for each in told.objects)
    for selector in resource.objects:
        if selectors[selector] != 1:
            yield f"resource {resource.name}: {selectors[selector]} objects are {selector}"


def _together(told: Recorded) -> Iterator[str]:
    """What must be there once and once only."""
    names = Counter(resource.name for resource in told.resources)
    yield from (f"resource {name}: there are {count}" for name, count in names.items() if count > 1)
    ports = Counter(forward.local for resource in told.resources for forward in resource.forwards)
    yield from (f"port {port}: is forwarded {count} times" for port, count in ports.items() if count > 1)
    managed = {resource.workload for resource in told.resources}
    for each in told.objects:
        if each["kind"] in WORKLOADS and _called(each) not in managed:
            yield f"workload {_called(each)}: is no resource of the page"
    if any(each["kind"] == "Secret" for each in told.objects):
        yield "Secrets are left to Tilt, which would make keys and passwords anew"


def _command(root: Path, resource: Resource) -> Iterator[str]:
    """A button's command must exist: it is asked for its help."""
    program, flag, module, *words = resource.command
    if (program, flag) != (".venv/bin/python", "-m"):
        yield f"resource {resource.name}: {program} is not this tree's Python"
    elif find_spec(module.partition(".")[0]) is None:
        yield f"resource {resource.name}: there is no module {module}"
    else:
        refusal = _refusal(root, (module, *words))
        if refusal:
            yield f"resource {resource.name}: {' '.join([module, *words])} is no command: {refusal[-300:]}"
    if not resource.by_hand:
        yield f"resource {resource.name}: a button must wait to be pressed"


@cache
def _refusal(root: Path, command: tuple[str, ...]) -> str:
    """What the command says where it does not know how to help."""
    arguments = [sys.executable, "-m", *command, "--help"]
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
    return (done.stderr.strip() or "nothing") if done.returncode else ""


def cluster_files(root: Path, contexts: list[str]) -> Iterator[str]:
    """What is wrong with the files of the cluster that the contexts name."""
    folder = root / "deploy" / "kind"
    cluster = yaml.safe_load((folder / "cluster.yaml").read_text())
    if contexts != [f"kind-{cluster['name']}"]:
        yield f"context {contexts}: the cluster of deploy/kind is kind-{cluster['name']}"
    if [node["role"] for node in cluster["nodes"]].count("worker") != 3:
        yield "deploy/kind/cluster.yaml: there must be three workers"
    registry = yaml.safe_load((folder / "registry.yaml").read_text())["data"]["localRegistryHosting.v1"]
    port = str(yaml.safe_load(registry)["host"]).rpartition(":")[2]
    if f"\nport={port}\n" not in (folder / "up.sh").read_text():
        yield f"deploy/kind/registry.yaml: up.sh serves the registry at another port than {port}"
    for script in ("up.sh", "down.sh"):
        text = (folder / script).read_text()
        if subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False).returncode:
            yield f"deploy/kind/{script}: is no shell script"
        if f"{cluster['name']}-registry" not in text:
            yield f"deploy/kind/{script}: names another registry than {cluster['name']}-registry"


def _all_containers(told: Recorded) -> Iterator[Manifest]:
    for each in told.objects:
        if each["kind"] in WORKLOADS:
            yield from (*_pod(each)["containers"], *_pod(each).get("initContainers", []))


def _containers(told: Recorded, ref: str) -> list[Manifest]:
    return [container for container in _all_containers(told) if _name(container["image"]) == ref]


def _pod(workload: Manifest) -> Manifest:
    spec: Manifest = workload["spec"]["template"]["spec"]
    return spec


def _name(image: str) -> str:
    """An image without its tag."""
    path, _, last = image.rpartition("/")
    return f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]


def _called(each: Manifest) -> str:
    return str(each["metadata"]["name"])
