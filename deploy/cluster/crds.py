"""Definitions of others' kinds (cert-manager, Prometheus Operator, Gateway API), from the Go modules that carry them."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local import go
from deploy.local.bootstrap import cache_root
from deploy.local.errors import StackError


@dataclass(frozen=True)
class Module:
    """A Go module by its version and checksum, and the folder in it that holds the definitions."""

    path: str
    version: str
    checksum: str
    folder: str


MODULES = (
    Module(
        "github.com/cert-manager/cert-manager",
        "v1.19.1",
        "h1:Txh8L/nLWTDcb7ZnXuXbTe15BxQnLbLirXmbNk0fGgY=",
        "deploy/crds",
    ),
    Module(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        "example/prometheus-operator-crd",
    ),
    Module(
        "sigs.k8s.io/gateway-api",
        "v1.4.0",
        "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
        "config/crd/standard",
    ),
)


def files() -> list[Path]:
    """The files of all definitions; each module is fetched once by Go, which keeps it."""
    return [file for module in MODULES for file in sorted((fetched(module) / module.folder).glob("*.yaml"))]


def fetched(module: Module) -> Path:
    """Where the module's content lies; StackError where it can't be had, or isn't what it was."""
    command = [str(go.program(cache_root())), "mod", "download", "-json", f"{module.path}@{module.version}"]
    with tempfile.TemporaryDirectory() as apart:  # not in a module, whose own needs would be fetched too
        environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        done = subprocess.run(command, cwd=apart, env=environment, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout or "{}")
    if done.returncode or answer.get("Sum") != module.checksum:
        raise StackError(f"{module.path} {module.version}: {answer.get('Error') or answer.get('Sum') or done.stderr}")
    return Path(answer["Dir"])
