"""Evaluates a Tiltfile as Tilt would, with functions that only write down what they are told.

They have the names and parameters of Tilt's own (https://docs.tilt.dev/api.html); one that is missing here or is called
otherwise ends the evaluation. helm is run, kubectl is not.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import starlark
import yaml

from deploy.helm.chart import Manifest, helm

AUTO, MANUAL = "auto", "manual"
ASKS_THE_CLUSTER = "--dry-run=server"


class TiltfileError(Exception):
    """The Tiltfile cannot be evaluated; the text says where and why."""


@dataclass(frozen=True)
class Step:
    """One step of a live update: a function's name and its arguments."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Forward:
    """A port of this machine that leads to one of a container."""

    local: int
    container: int


@dataclass(frozen=True)
class Image:
    """An image that is built."""

    ref: str
    context: str
    dockerfile: str
    only: list[str]
    live_update: list[Step]


@dataclass(frozen=True)
class Resource:
    """A workload with its place in Tilt's page, or with ``command`` something that runs on this machine."""

    name: str
    workload: str = ""
    command: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    forwards: list[Forward] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    by_hand: bool = False


@dataclass
class Recorded:
    """What a Tiltfile told."""

    contexts: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    objects: list[Manifest] = field(default_factory=list)
    applied: list[Manifest] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def evaluate(root: Path, text: str) -> Recorded:
    """Evaluates the text as the Tiltfile of the folder; TiltfileError where it cannot."""
    tilt = _Tilt(root)
    module, dialect = starlark.Module(), starlark.Dialect.standard()
    dialect.enable_top_level_stmt = True
    module["TRIGGER_MODE_AUTO"], module["TRIGGER_MODE_MANUAL"] = AUTO, MANUAL
    for name in (name for name in dir(tilt) if not name.startswith("_") and name != "recorded"):
        module.add_callable(name, getattr(tilt, name))
    try:
        starlark.eval(module, starlark.parse("Tiltfile", text, dialect), starlark.Globals.standard())
    except starlark.StarlarkError as error:
        raise TiltfileError(str(error).strip()) from error
    return tilt.recorded


class _Tilt:
    """Tilt's functions."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.recorded = Recorded()

    def version_settings(self, constraint: str = "", check_updates: bool = True) -> None: ...

    def update_settings(self, max_parallel_updates: int = 3, k8s_upsert_timeout_secs: int = 30) -> None: ...

    def allow_k8s_contexts(self, contexts: str | list[str]) -> None:
        self.recorded.contexts += _list(contexts)

    def docker_build(
        self,
        ref: str,
        context: str,
        build_args: dict[str, str] | None = None,
        dockerfile: str = "Dockerfile",
        live_update: Sequence[Any] = (),
        ignore: str | list[str] = "",
        only: str | list[str] = "",
        target: str = "",
    ) -> None:
        self.recorded.images.append(Image(ref, context, dockerfile, _list(only), list(live_update)))

    def fall_back_on(self, files: str | list[str]) -> starlark.OpaquePythonObject:
        return _opaque(Step("fall_back_on", tuple(_list(files))))

    def sync(self, local_path: str, remote_path: str) -> starlark.OpaquePythonObject:
        return _opaque(Step("sync", (local_path, remote_path)))

    def run(
        self, cmd: str | list[str], trigger: str | list[str] = "", echo_off: bool = False
    ) -> starlark.OpaquePythonObject:
        return _opaque(Step("run", (cmd, *_list(trigger))))

    def watch_file(self, file_path: str) -> None:
        self.recorded.files.append(file_path)

    def local(
        self,
        command: str | list[str],
        quiet: bool = False,
        command_bat: str = "",
        echo_off: bool = False,
        env: dict[str, str] | None = None,
        dir: str = "",
        stdin: str | None = None,
    ) -> str:
        words = command if isinstance(command, list) else command.split()
        if words[0] == "kubectl":
            self.recorded.applied += _documents(stdin or "")
            return ""
        if words[0] != "helm":
            raise ValueError(f"local: only helm and kubectl are known here, not {words[0]}")
        return self._helm(words[1:])

    def _helm(self, arguments: list[str]) -> str:
        given = [word for word in arguments if word != ASKS_THE_CLUSTER]
        done = subprocess.run([helm(), *given], cwd=self._root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(f"helm {' '.join(given)}: {done.stderr.strip()}")
        return done.stdout

    def filter_yaml(
        self,
        yaml: str,
        labels: dict[str, str] | None = None,
        name: str = "",
        namespace: str = "",
        kind: str = "",
        api_version: str = "",
    ) -> tuple[str, str]:
        documents = _documents(yaml)
        chosen = [each for each in documents if re.search(kind, each["kind"], re.IGNORECASE)]
        return _text(chosen), _text([each for each in documents if each not in chosen])

    def decode_yaml_stream(self, yaml: str) -> list[Manifest]:
        return _documents(yaml)

    def k8s_yaml(self, yaml: str | list[str], allow_duplicates: bool = False) -> None:
        for each in _list(yaml):
            if "\n" not in each:
                self.recorded.files.append(each)
            path = self._root / each if "\n" not in each else None
            self.recorded.objects += _documents(each if path is None else path.read_text() if path.exists() else "")

    def port_forward(
        self,
        local_port: int,
        container_port: int | None = None,
        name: str | None = None,
        link_path: str | None = None,
        host: str | None = None,
    ) -> starlark.OpaquePythonObject:
        return _opaque(Forward(local_port, container_port or local_port))

    def link(self, url: str, name: str | None = None) -> str:
        return url

    def k8s_resource(
        self,
        workload: str = "",
        new_name: str = "",
        port_forwards: Sequence[Any] = (),
        extra_pod_selectors: Sequence[Any] = (),
        trigger_mode: str = AUTO,
        resource_deps: Sequence[str] = (),
        objects: Sequence[str] = (),
        auto_init: bool = True,
        pod_readiness: str = "",
        links: Sequence[str] = (),
        labels: str | list[str] = "",
    ) -> None:
        resource = Resource(
            new_name or workload,
            workload,
            objects=list(objects),
            forwards=list(port_forwards),
            links=list(links),
            labels=_list(labels),
            needs=list(resource_deps),
        )
        self.recorded.resources.append(resource)

    def local_resource(
        self,
        name: str,
        cmd: str | list[str] = "",
        deps: str | list[str] = "",
        trigger_mode: str = AUTO,
        resource_deps: Sequence[str] = (),
        auto_init: bool = True,
        serve_cmd: str | list[str] = "",
        allow_parallel: bool = False,
        links: Sequence[str] = (),
        labels: str | list[str] = "",
    ) -> None:
        self.recorded.files += _list(deps)
        by_hand = trigger_mode == MANUAL and not auto_init
        resource = Resource(
            name,
            command=_list(cmd),
            links=list(links),
            labels=_list(labels),
            needs=list(resource_deps),
            by_hand=by_hand,
        )
        self.recorded.resources.append(resource)


def _opaque(value: object) -> starlark.OpaquePythonObject:
    """Comes back as it is from the Starlark side."""
    return starlark.OpaquePythonObject(value)


def _list(value: str | list[str]) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return list(value)


def _documents(text: str) -> list[Manifest]:
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def _text(documents: list[Manifest]) -> str:
    return yaml.safe_dump_all(documents, explicit_start=True) if documents else ""
