"""How a release comes, goes on and leaves."""

import tomllib
from typing import Any

import pytest
import yaml

from deploy.edge.settings import EdgeSettings
from deploy.local.installation import SERVICES
from tests.deploy.conftest import Render, of_scenario
from tests.deploy.objects import Rendering, references
from tests.deploy.test_chart_references import admitted
from tests.deploy.test_chart_security import too_free

pytestmark = pytest.mark.slow

PYTHON = ["python", "-m"]
JOBS_BEFORE = {
    "shop-doctor": [[*PYTHON, f"services.{name}", "doctor"] for name in sorted(SERVICES)],
    **{f"shop-{name}-migrate": [[*PYTHON, f"services.{name}", "migrate"]] for name in SERVICES},
}
NEW_SERVICE = """\
services:
  reviews:
    replicas: 3
    stores: [postgres, kafka, valkey, mongodb, smtp, stripe]
    public: true
    callers: [order]
    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 256Mi}
    autoscaling: {enabled: true, max: 4}
    env:
      SHOPMESH_LONGEST_REVIEW: "2000"
"""
ADDRESSES = {
    "SHOPMESH_DATABASE_URL",
    "SHOPMESH_VALKEY_URL",
    "SHOPMESH_MONGODB_URI",
    "SHOPMESH_SMTP_URL",
    "STRIPE_API_KEY",
}


def annotations(each: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = each["metadata"].get("annotations") or {}
    return found


def test_a_service_is_a_block_of_values_and_has_everything(render: Render) -> None:
    assert len(NEW_SERVICE.splitlines()) <= 20
    with_it, without = render(values=NEW_SERVICE), render()
    made = {name.removesuffix("/shop-reviews") for name in with_it.names() - without.names() if "-reviews-" not in name}
    assert made == {
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }
    assert {"Job/shop-reviews-migrate", "Secret/shop-reviews-tls"} <= with_it.names()
    pods = with_it.deployment("shop-reviews")
    assert too_free(pods) == []
    assert pods.spec["containers"][0]["command"] == ["python", "-m", "services.reviews"]
    settings = with_it.of("ConfigMap")["shop-reviews"]["data"]
    assert settings["SHOPMESH_LONGEST_REVIEW"] == "2000"
    assert settings["SHOPMESH_KAFKA_BOOTSTRAP_SERVERS"].startswith("kafka-0")
    assert {each["name"] for each in pods.spec["containers"][0]["env"]} >= ADDRESSES
    edge = EdgeSettings.model_validate(tomllib.loads(with_it.of("ConfigMap")["shop-edge"]["data"]["edge.toml"]))
    assert "reviews" in edge.clusters
    policy = with_it.of("NetworkPolicy")["shop-reviews"]["spec"]
    assert (admitted(policy, 8501), admitted(policy, 8502)) == ({"edge"}, {"order"})


def test_a_probe_asks_the_process_whether_it_lives_and_the_service_whether_it_is_ready(rendering: Rendering) -> None:
    for name, deployment in rendering.of("Deployment").items():
        if deployment["metadata"]["labels"].get("shopmesh/workload"):
            container = rendering.deployment(name).spec["containers"][0]
            assert container["startupProbe"]["grpc"] == {"port": 8501, "service": "live"}
            assert container["livenessProbe"]["grpc"] == {"port": 8501, "service": "live"}
            assert container["readinessProbe"]["grpc"] == {"port": 8501, "service": ""}


def test_a_new_version_comes_one_pod_at_a_time_and_none_leaves_before(rendering: Rendering) -> None:
    ours = [f"shop-{name}" for name in (*SERVICES, "edge")]
    for name in ours:
        spec = rendering.of("Deployment")[name]["spec"]
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        assert spec["minReadySeconds"] == 5
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        for constraint in spec["template"]["spec"]["topologySpreadConstraints"]:
            assert constraint["matchLabelKeys"] == ["pod-template-hash"]
            assert constraint["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]


def test_a_node_is_drained_one_pod_at_a_time(rendering: Rendering) -> None:
    for name, budget in rendering.of("PodDisruptionBudget").items():
        assert budget["spec"]["maxUnavailable"] == 1
        assert [pods.name for pods in rendering.selected(budget["spec"]["selector"]["matchLabels"])] == [
            f"Deployment/{name}"
        ]


def test_where_an_autoscaler_decides_no_number_of_pods_is_given(rendering: Rendering) -> None:
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in rendering.of("HorizontalPodAutoscaler").values()}
    assert {n for n, each in rendering.of("Deployment").items() if "replicas" not in each["spec"]} == scaled


@pytest.mark.parametrize("scenario", ["external", "production", "apart"])
def test_every_store_is_looked_at_then_schemas_are_migrated_before_the_release(rendering: Rendering) -> None:
    weights = {f"{each['kind']}/{each['metadata']['name']}": weight(each) for each in rendering.objects if hook(each)}
    for name, commands in JOBS_BEFORE.items():
        job = rendering.of("Job")[name]
        (pods,) = (each for each in rendering.pods() if each.owner is job)
        assert hook(job) == {"pre-install", "pre-upgrade"}
        assert [[*each["command"], *each["args"][:1]] for each in pods.spec["containers"]] == commands
        for needed in references(pods) & rendering.names():
            assert weights[needed] < weight(job), needed
        assert "serviceAccountName" not in pods.spec, "it would have to be there before the release"
    first, *others = (weights[f"Job/{name}"] for name in JOBS_BEFORE)
    assert all(first < each for each in others), "nothing may be changed before all have been looked at"


@pytest.mark.parametrize("scenario", ["external", "production", "apart"])
def test_whoever_looks_fits_beside_what_runs(rendering: Rendering) -> None:
    """One pod with a container for each service: it asks one node for less than a pod that serves."""
    containers = rendering.of("Job")["shop-doctor"]["spec"]["template"]["spec"]["containers"]
    assert [each["resources"]["requests"]["cpu"] for each in containers] == ["10m"] * len(SERVICES)


def hook(each: dict[str, Any]) -> set[str]:
    return set(filter(None, annotations(each).get("helm.sh/hook", "").split(",")))


def weight(each: dict[str, Any]) -> int:
    return int(annotations(each).get("helm.sh/hook-weight", "0"))


def test_with_embedded_stores_the_pods_migrate_and_wait() -> None:
    rendering = of_scenario("trial")
    assert not any(name.endswith(("-migrate", "-doctor")) for name in rendering.of("Job"))
    for name in SERVICES:
        (migrates,) = rendering.deployment(f"shop-{name}").spec["initContainers"]
        assert (migrates["command"][-1], migrates["args"]) == (f"services.{name}", ["migrate", "--doctor", "--wait"])


def test_secrets_that_the_chart_makes_outlive_it(rendering: Rendering) -> None:
    """Hooks are not part of a release: neither an uninstall nor a rollback takes them away."""
    for name, secret in rendering.of("Secret").items():
        assert annotations(secret)["helm.sh/resource-policy"] == "keep", name
        assert hook(secret) == {"pre-install", "pre-upgrade"}, name
        assert annotations(secret)["helm.sh/hook-delete-policy"] == "before-hook-creation", name


def test_volumes_outlive_the_release(rendering: Rendering) -> None:
    for name, stateful in rendering.of("StatefulSet").items():
        kept = stateful["spec"].get("persistentVolumeClaimRetentionPolicy", {})
        assert kept.get("whenDeleted", "Retain") == "Retain", name
    for name, claim in rendering.of("PersistentVolumeClaim").items():
        assert annotations(claim)["helm.sh/resource-policy"] == "keep", name


def test_pods_start_anew_where_their_settings_change_and_nowhere_else(render: Render) -> None:
    def changed(*sets: str) -> set[str]:
        before, after = render(), render(*sets)
        return {
            name.removeprefix("shop-")
            for name in before.of("Deployment")
            if digest(before, name) != digest(after, name)
        }

    def digest(rendering: Rendering, name: str) -> str:
        found: str = rendering.deployment(name).metadata["annotations"]["checksum/config"]
        return found

    assert changed() == set()
    assert changed("shop.currency=CHF") >= set(SERVICES)
    assert changed("shop.mailFrom=me@shop.example") == {"notify"}
    assert changed("services.catalog.env.SHOPMESH_PRODUCT_CACHE_SECONDS=9") == {"catalog"}
    assert changed("edge.rateLimits.default.requests=5") == {"edge"}
    assert changed("services.order.replicas=5") == set()


def test_a_service_is_released_alone_beside_the_others(render: Render) -> None:
    alone = render("only=catalog", "fullnameOverride=shop")
    whole = render()
    assert alone.names() - whole.names() == {"Job/shop-catalog-doctor"}  # releases may happen at the same time
    kinds = {"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "ConfigMap"}
    assert {f"{kind}/shop-catalog" for kind in kinds} <= alone.names()
    (looks,) = alone.of("Job")["shop-catalog-doctor"]["spec"]["template"]["spec"]["containers"]
    assert looks["name"] == "catalog"
    others = {
        name for name in alone.names() if any(f"/shop-{each}" in name for each in {*SERVICES, "edge"} - {"catalog"})
    }
    assert others == set()
    for each in alone.objects:
        if each["kind"] not in {"Secret", "Job"}:
            (same,) = (
                o
                for o in whole.objects
                if (o["kind"], o["metadata"]["name"]) == (each["kind"], each["metadata"]["name"])
            )
            assert same.get("spec", {}).get("selector") == each.get("spec", {}).get("selector")
    assert "Deployment/shop-edge" in render("only=edge").names()
    assert "Deployment/shop-order" not in render("only=edge").names()
    assert render("only=edge").of("Job") == {}


@pytest.mark.parametrize("scenario", ["external", "production"])
def test_a_service_alone_and_the_whole_shop_without_it_are_the_whole_shop(scenario: str) -> None:
    whole, alone = of_scenario(scenario), of_scenario(scenario, "only=catalog", "fullnameOverride=shop")
    without = of_scenario(scenario, "services.catalog.enabled=false")
    both = without.names() | alone.names()
    assert both - whole.names() == {"Job/shop-catalog-doctor"}
    assert whole.names() <= both
    left = {name for name in without.names() if "/shop-catalog" in name}
    assert left <= {"Secret/shop-catalog-tls"}, "but its certificate: whoever makes the authority makes them all"


def test_a_service_can_be_without_the_limits_that_the_others_have(render: Render) -> None:
    rendering = render("services.catalog.resources.limits=null")
    without, others = (rendering.deployment(f"shop-{name}").spec["containers"][0] for name in ("catalog", "cart"))
    assert without["resources"]["limits"] is None
    assert without["resources"]["requests"] == others["resources"]["requests"]
    assert others["resources"]["limits"]


def test_one_service_can_have_an_image_of_its_own(render: Render) -> None:
    rendering = render("services.order.image.tag=2.0.1")
    images = {name: rendering.deployment(f"shop-{name}").spec["containers"][0]["image"] for name in SERVICES}
    assert images.pop("order").endswith("/services:2.0.1")
    assert all(image.endswith("/services:0.1.0") for image in images.values())


def test_parts_apart_together_run_every_part_once_and_the_api_keeps_its_name() -> None:
    rendering = of_scenario("apart")
    order = {name: d for name, d in rendering.of("Deployment").items() if name.startswith("shop-order")}
    run = {name: d["spec"]["template"]["spec"]["containers"][0]["args"][2::2] for name, d in order.items()}
    assert run == {
        "shop-order": ["api"],
        "shop-order-relay": ["relay"],
        "shop-order-background": ["consumer", "worker"],
    }
    selectors = [yaml.dump(each["spec"]["selector"]) for each in order.values()]
    assert len(set(selectors)) == 3
    together = of_scenario("external").of("Deployment")["shop-order"]["spec"]["selector"]
    assert order["shop-order"]["spec"]["selector"] == together, "it cannot be changed without downtime"


def test_a_strict_pod_speaks_to_those_whose_caller_it_is() -> None:
    rendering = of_scenario("apart")
    policies = {name: rendering.of("NetworkPolicy")[f"shop-{name}"]["spec"] for name in SERVICES}
    for name, policy in policies.items():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        asks = [rule for rule in policy["egress"] if rule.get("ports") == [{"port": 8502, "protocol": "TCP"}]]
        asked = {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for rule in asks for peer in rule["to"]
        }
        assert asked == {other for other in SERVICES if name in admitted(policies[other], 8502)}
