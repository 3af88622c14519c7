"""Where the chart lies, and its rendering by helm."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "shopmesh"
SCENARIOS = Path(__file__).parent / "scenarios"
ROOT = Path(__file__).parents[2]
RELEASE, NAMESPACE = "shop", "shop"
KUBERNETES = "1.34.0"
Manifest = dict[str, Any]


class HelmError(Exception):
    """helm refused; the text is what it said."""


@cache
def helm() -> str:
    """The program: what HELM names, else the one on the path, else the one of the tests' own cluster, built once."""
    program = os.environ.get("HELM") or shutil.which("helm")
    if program:
        return program
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cluster", "helm"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise HelmError(f"helm is missing: put one on the path, or name it (HELM=...):\n{done.stderr.strip()}")
    return done.stdout.splitlines()[-1]


def template(values: Iterable[Path] = (), sets: Iterable[str] = (), chart: Path = CHART) -> str:
    """What ``helm template`` writes for these files of values and ``--set`` options, hooks and tests included."""
    options = [f"--values={path}" for path in values] + [f"--set={text}" for text in sets]
    command = [helm(), "template", RELEASE, str(chart), f"--namespace={NAMESPACE}"]
    done = subprocess.run(
        [*command, f"--kube-version={KUBERNETES}", *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise HelmError(done.stderr.strip())
    return done.stdout


def manifests(text: str) -> list[Manifest]:
    """The objects of a rendering."""
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]
