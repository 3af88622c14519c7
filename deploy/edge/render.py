"""Writes Envoy's files: bootstrap, listeners, clusters, and what the listeners read."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.edge.bootstrap import bootstrap
from deploy.edge.clusters import clusters
from deploy.edge.contracts import ROOT, Contracts, Method
from deploy.edge.listeners import jwks_listener, metrics_listener, public_listener
from deploy.edge.routes import document_route, health_route
from deploy.edge.settings import EdgeSettings
from deploy.edge.typed import Config

DESCRIPTORS = "descriptors.binpb"
OPENAPI = "openapi.json"
REFERENCE = "docs.html"
GENERATED = ROOT / "gen" / "openapi"
DIGEST_CHARACTERS = 16


class UnknownMethodError(ValueError):
    """The settings limit a method that no contract has."""


def render(settings: EdgeSettings, descriptor_set: bytes, out: Path, documents: Path = GENERATED) -> None:
    """Write everything that ``envoy -c OUT/envoy.yaml`` needs into ``out``; safe to repeat while Envoy runs.

    ``documents`` is the folder with openapi.json and docs.html. Each file is replaced as a whole, listeners last.
    """
    directory = settings.directory or str(out.resolve())
    files = {
        DESCRIPTORS: descriptor_set,
        OPENAPI: (documents / OPENAPI).read_bytes(),
        REFERENCE: (documents / REFERENCE).read_bytes(),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _replace(out / name, content)
    _write_yaml(out / "envoy.yaml", bootstrap(settings, directory))
    _write_yaml(out / "cds.yaml", _resources("envoy.config.cluster.v3.Cluster", clusters(settings)))
    listeners = _listeners(settings, Contracts(descriptor_set), files, directory)
    _write_yaml(out / "lds.yaml", _resources("envoy.config.listener.v3.Listener", listeners))


def _listeners(
    settings: EdgeSettings, contracts: Contracts, files: Mapping[str, bytes], directory: str
) -> list[Config]:
    methods = contracts.public_methods
    _require_known(settings, methods)
    descriptors = f"{directory}/{DESCRIPTORS}"
    documents = [
        _document("/openapi.json", directory, OPENAPI, "application/json", files),
        _document("/docs", directory, REFERENCE, "text/html; charset=utf-8", files),
        health_route(),
    ]
    version = _digest(b"".join(files.values()))
    return [
        public_listener(settings, methods, documents, descriptors, version),
        jwks_listener(settings, methods, descriptors),
        *([metrics_listener(settings.metrics)] if settings.metrics else []),
    ]


def _require_known(settings: EdgeSettings, methods: list[Method]) -> None:
    unknown = settings.rate_limits.methods.keys() - {method.full_name for method in methods}
    if unknown:
        raise UnknownMethodError(f"rate_limits.methods names no public method: {', '.join(sorted(unknown))}")


def _document(path: str, directory: str, name: str, content_type: str, files: Mapping[str, bytes]) -> Config:
    return document_route(path, f"{directory}/{name}", content_type, _digest(files[name]))


def _resources(type_name: str, resources: list[Config]) -> Config:
    return {"resources": [{"@type": f"type.googleapis.com/{type_name}", **resource} for resource in resources]}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST_CHARACTERS]


class _Dumper(yaml.CSafeDumper):
    """Writes each value out in full: a reader need not follow anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _write_yaml(path: Path, content: Config) -> None:
    text = yaml.dump(_plain(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    _replace(path, text.encode())


def _plain(value: object) -> object:
    """Tuples as lists, which is what YAML knows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _replace(path: Path, content: bytes) -> None:
    """Write and rename, so that a watching Envoy never reads half a file; unchanged content is left alone."""
    if path.exists() and path.read_bytes() == content:
        return
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.rename(path)
