"""Every object of every scenario, as the API server itself judges it; nothing is made."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.cluster import crds
from deploy.helm.chart import RELEASE, manifests, template
from deploy.helm.render import scenarios
from deploy.local.progress import Progress
from tests.cluster.place import Place
from tests.cluster.release import RESTRICTED

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

NAMESPACE = "judged"
OPTIONAL = (
    "telemetry.collector.enabled=true",
    "telemetry.serviceMonitors.enabled=true",
    "telemetry.dashboards.enabled=true",
    "telemetry.alerts.enabled=true",
    "edge.gateway.enabled=true",
    "edge.gateway.parentRefs[0].name=public",
    "edge.ingress.enabled=true",
)


@pytest.fixture(scope="module")
def judge(place: Place, progress: Progress) -> Iterator[Place]:
    """A cluster that knows the kinds of cert-manager, the Prometheus Operator and the Gateway API."""
    files = [part for file in crds.files() for part in ("--filename", str(file))]
    place.run("kubectl", "apply", "--server-side", "--force-conflicts", *files)
    place.run("kubectl", "wait", "--for=condition=Established", "--timeout=60s", *files)
    progress.say(f"{len(files) // 2} definitions of others' kinds are known")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": RESTRICTED}}
    place.run("kubectl", "apply", "--filename", "-", text=yaml.safe_dump(namespace))
    yield place
    if place.stays:
        place.run("kubectl", "delete", "namespace", NAMESPACE)
        place.run("kubectl", "delete", *files)


def judged(place: Place, text: str) -> subprocess.CompletedProcess[str]:
    """What the API server says to these objects."""
    how = ("apply", "--server-side", "--dry-run=server", "--namespace", NAMESPACE, "--filename", "-")
    return place.run("kubectl", *how, text=text, check=False)


def rendered(scenario: Path, *sets: str) -> str:
    return template([scenario], sets).replace(f"namespace: {RELEASE}\n", f"namespace: {NAMESPACE}\n")


@pytest.mark.parametrize("scenario", sorted(scenarios()))
@pytest.mark.parametrize("sets", [(), OPTIONAL], ids=["plain", "with all that is optional"])
def test_every_object_is_accepted_without_a_warning(judge: Place, scenario: str, sets: tuple[str, ...]) -> None:
    text = rendered(scenarios()[scenario], *sets)
    said = judged(judge, text)
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) == len(manifests(text))
    assert "Warning" not in said.stderr


def test_the_optional_kinds_are_among_them() -> None:
    kinds = {each["kind"] for each in manifests(rendered(scenarios()["production"], *OPTIONAL))}
    assert kinds >= {
        "Certificate",
        "ServiceMonitor",
        "PrometheusRule",
        "HTTPRoute",
        "Ingress",
        "HorizontalPodAutoscaler",
    }


def test_a_mistyped_field_is_not_accepted(judge: Place) -> None:
    text = rendered(scenarios()["external"])
    said = judged(judge, text.replace("minReadySeconds:", "minReadySecond:", 1))
    assert said.returncode != 0
    assert "minReadySecond" in said.stderr


def test_a_pod_with_more_rights_is_warned_of(judge: Place) -> None:
    text = rendered(scenarios()["external"])
    assert "Warning" in judged(judge, text.replace("runAsNonRoot: true", "runAsNonRoot: false")).stderr
