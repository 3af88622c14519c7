"""The chart, installed on two nodes against stores beside the cluster."""

import secrets
import time
from datetime import UTC, datetime

import httpx
import jwt
import pytest

from tests.cluster.figures import note
from tests.cluster.place import NODES, Own, Place
from tests.cluster.pods import memory
from tests.cluster.release import Release
from tests.cluster.report import ready

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SERVICES = ("catalog", "cart", "order", "payment", "auth", "notify")
MOST_SECONDS = 180.0


def test_every_pod_is_ready_and_none_was_started_twice(shop: Release) -> None:
    pods = shop.pods()
    assert {pod.metadata.labels["app.kubernetes.io/component"] for pod in pods} >= {*SERVICES, "edge", "stripe"}
    assert all(ready(pod) for pod in pods), shop.report()
    assert shop.restarts() == {}


def test_the_install_takes_less_than_three_minutes(shop: Release) -> None:
    note(shop.progress, "install", {"seconds": round(shop.install_seconds, 1), "pods": len(shop.pods())})
    note(shop.progress, "memory of a pod, MB", memory(shop))
    assert shop.install_seconds < MOST_SECONDS


def test_replicas_of_a_service_are_on_different_nodes(shop: Release, place: Place) -> None:
    if isinstance(place, Own):
        assert len(shop.nodes()) == NODES
    for service in (*SERVICES, "edge"):
        where = [pod.spec.node_name for pod in shop.pods(service)]
        assert len(set(where)) == min(len(where), len(shop.nodes())), f"{service} is on {where}"


def test_helm_test_buys_something(shop: Release) -> None:
    began = time.monotonic()
    said = shop.test()
    note(shop.progress, "helm test", {"seconds": round(time.monotonic() - began, 1)})
    assert "Succeeded" in said
    shop.audit()


def test_the_edge_answers_this_machine(shop: Release) -> None:
    page = httpx.get(f"{shop.url}/api/v1/products", timeout=10, trust_env=False)
    assert page.status_code == httpx.codes.OK
    assert page.json()["products"]


def test_a_job_makes_the_first_administrator(shop: Release) -> None:
    email, password = "first-admin@shop.example", secrets.token_urlsafe(16)
    shop.apply({"kind": "Secret", "metadata": {"name": "first-admin"}, "stringData": {"password": password}})
    try:
        shop.upgrade(values={"firstAdmin": {"email": email, "existingSecret": "first-admin"}}, migrate=False)
    finally:
        shop.rollback()  # other releases need not make sure of it
    answer = httpx.post(
        f"{shop.url}/api/v1/sessions", json={"email": email, "password": password}, timeout=10, trust_env=False
    )
    token = answer.raise_for_status().json()["accessToken"]
    assert "ADMIN" in jwt.decode(token, options={"verify_signature": False})["roles"]


def test_what_the_chart_made_once_outlives_it(shop: Release, full: bool) -> None:
    """Certificates and their authority: a new install finds them, and everybody goes on to trust everybody."""
    if not full:
        pytest.skip("an uninstall and a new install are one of the full counts: --full")
    before = made_once(shop)
    assert before.keys() >= {f"{shop.name}-ca", *(f"{shop.name}-{service}-tls" for service in SERVICES)}
    shop.place.run("helm", "uninstall", shop.name, "--namespace", shop.namespace, "--wait")
    assert shop.pods() == []
    shop.install()
    shop.wait_ready()
    shop.began = datetime.now(UTC)  # the stand-in forgot with its pod what was paid before
    assert made_once(shop) == before
    assert "Succeeded" in shop.test()
    shop.audit()


def made_once(shop: Release) -> dict[str, dict[str, str]]:
    """The Secrets that the chart made as such, by name."""
    found = shop.core.list_namespaced_secret(shop.namespace).items
    return {
        each.metadata.name: each.data
        for each in found
        if (each.metadata.annotations or {}).get("shopmesh/made-by") == "chart"
    }


def test_no_pod_can_ask_the_api_server(shop: Release) -> None:
    """No token is mounted, whatever the namespace's default is."""
    for pod in shop.pods():
        assert pod.spec.automount_service_account_token is False, pod.metadata.name
        mounts = [mount.mount_path for container in pod.spec.containers for mount in container.volume_mounts or []]
        assert not [path for path in mounts if path.startswith("/var/run/secrets")], pod.metadata.name
