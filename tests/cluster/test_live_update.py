"""Edited code runs in a pod of the development cluster a moment after it was copied there, in the same container."""

import os
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.bootstrap import ROOT
from deploy.tilt.live import update
from tests.cluster.figures import note
from tests.cluster.release import CHART, VALUES, Release, merged
from tests.cluster.report import ready

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
TAKEN = ("dev", "drain")
"""Of deploy/helm/dev.yaml; the rest of it would change what the other tests have of the release."""
EDITED = "services/catalog/main.py"
RUNS = "the edit runs"
SERVES = '"part": "api", "well": true'
STARTED_S, RENEWED_S = 90.0, 60.0
PROMISED_S = 3.0


@pytest.fixture(autouse=True)
def reached(shop: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """`update` takes the kubectl of PATH, and the cluster that KUBECONFIG names."""
    monkeypatch.setenv("PATH", str(Path(shop.place.program("kubectl")).parent), prepend=os.pathsep)
    monkeypatch.setenv("KUBECONFIG", str(shop.place.kubeconfig))


def test_an_edit_runs_within_three_seconds(shop: Release, tmp_path: Path) -> None:
    with developed(shop) as pod:
        first = renewed(shop, pod, tmp_path, "first")
        times = [renewed(shop, pod, tmp_path, f"edit {number}") for number in range(3)]
        restarts = [
            each.restart_count for each in shop.core.read_namespaced_pod(pod, shop.namespace).status.container_statuses
        ]
    note(shop.progress, "live update", {"seconds": [round(each, 2) for each in times], "first": round(first, 2)})
    assert restarts == [0]
    assert statistics.median(times) <= PROMISED_S, times


@contextmanager
def developed(shop: Release) -> Iterator[str]:
    """A pod of catalog as the chart makes it for development; nobody calls it, as no Service finds it."""
    objects = rendered(shop)
    spec = objects["Deployment"]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    del container["envFrom"]  # the release's, which drain as in production
    container["env"] += [{"name": name, "value": value} for name, value in objects["ConfigMap"]["data"].items()]
    name = f"{shop.name}-catalog-edited"
    shop.core.create_namespaced_pod(shop.namespace, {"metadata": {"name": name}, "spec": spec})
    try:
        ends = time.monotonic() + STARTED_S
        while not ready(shop.core.read_namespaced_pod(name, shop.namespace)):
            assert time.monotonic() < ends, f"{name} is not ready:\n{shop.report()}"
            time.sleep(0.5)
        yield name
    finally:
        shop.core.delete_namespaced_pod(name, shop.namespace, grace_period_seconds=0)


def rendered(shop: Release) -> dict[str, Any]:
    """What the chart makes of catalog with the release's values and those of development, by kind."""
    arguments = ("template", shop.name, str(CHART), "--namespace", shop.namespace, "--values", str(VALUES))
    development = yaml.safe_load((ROOT / "deploy" / "helm" / "dev.yaml").read_text())
    values = merged(shop.values(), {key: development[key] for key in TAKEN})
    text = shop.place.run("helm", *arguments, "--dry-run=server", "--values", "-", text=yaml.safe_dump(values)).stdout
    wanted = shop.object_name("catalog")
    return {each["kind"]: each for each in yaml.safe_load_all(text) if each and each["metadata"]["name"] == wanted}


def renewed(shop: Release, pod: str, tree: Path, words: str) -> float:
    """Seconds from the copying of an edit, which says these words, until the edited service is ready."""
    said = f"{RUNS}: {words}"
    text = (ROOT / EDITED).read_text()
    edited = tree / EDITED
    edited.parent.mkdir(parents=True, exist_ok=True)
    edited.write_text(
        re.sub(r"^(import|from) ", f"print({said!r}, flush=True)\n\\1 ", text, count=1, flags=re.MULTILINE)
    )
    began = time.monotonic()
    update(pod, "catalog", [edited], ["--namespace", shop.namespace], root=tree)
    while SERVES not in shop.logs(pod, 1000).partition(said)[2]:
        assert time.monotonic() - began < RENEWED_S, f"no edit runs:\n{shop.logs(pod, 50)}"
        time.sleep(0.05)
    return time.monotonic() - began
