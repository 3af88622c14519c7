"""What the chart's objects say of each other, of the services and of the edge is true."""

import base64
import os
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from deploy.edge.__main__ import main as edge_commands
from deploy.edge.contracts import Contracts, build_descriptor_set
from deploy.edge.render import render as render_edge
from deploy.edge.settings import EdgeSettings
from deploy.helm.render import scenarios
from deploy.local.environment import known_names
from deploy.local.installation import SERVICES
from services.chassis.settings import unknown_names
from tests.deploy.conftest import of_scenario
from tests.deploy.objects import COMPONENT, Pods, Rendering, references

pytestmark = pytest.mark.slow

KEY = base64.b64encode(bytes(32)).decode()
SAMPLES = {"SHOPMESH_ORDER_TOKEN_KEYS": f"k1:{KEY}", "SHOPMESH_KEY_ENCRYPTION_KEY": KEY, "SHOPMESH_CART_ID_KEY": KEY}


def runs(container: dict[str, Any]) -> str:
    """The service that a container runs a command of, or nothing."""
    module = [word for word in container.get("command", []) if str(word).startswith("services.")]
    return module[0].removeprefix("services.") if module else ""


def environment(container: dict[str, Any], rendering: Rendering) -> dict[str, str]:
    """A container's variables, those from Secrets with samples of what they hold."""
    found: dict[str, str] = {}
    for each in container.get("envFrom", []):
        found |= rendering.of("ConfigMap")[each["configMapRef"]["name"]]["data"]
    for variable in container.get("env", []):
        found[variable["name"]] = variable.get("value") or SAMPLES.get(variable["name"], "sample")
    return found


def of_services(rendering: Rendering) -> list[tuple[Pods, dict[str, Any]]]:
    """Each container that runs a service's command."""
    return [(pods, each) for pods in rendering.pods() for each in pods.containers if runs(each)]


def test_every_service_knows_every_setting_that_it_is_given(rendering: Rendering) -> None:
    found = of_services(rendering)
    assert {runs(container) for _, container in found} == set(SERVICES)
    for pods, container in found:
        given = environment(container, rendering)
        unknown = {name for name in given if name not in known_names(runs(container)) and not name.startswith("OTEL_")}
        assert unknown == set(), pods.name


def test_every_service_takes_the_settings_as_they_are(rendering: Rendering) -> None:
    import importlib

    for _, container in of_services(rendering):
        settings = importlib.import_module(f"services.{runs(container)}.settings").Settings
        given = environment(container, rendering)
        with patch.dict(os.environ, given, clear=True):
            assert unknown_names(settings, os.environ) == []
            settings()


def test_every_service_is_told_its_stores(rendering: Rendering) -> None:
    """Where a setting has no sensible default, the chart gives one."""
    needed = {"DATABASE_URL", "MONGODB_URI", "VALKEY_URL", "SMTP_URL", "KAFKA_BOOTSTRAP_SERVERS"}
    for pods, container in of_services(rendering):
        wanted = {f"SHOPMESH_{name}" for name in needed} & known_names(runs(container))
        assert wanted <= environment(container, rendering).keys(), pods.name


def test_every_secret_and_config_map_is_made_or_is_the_owners(rendering: Rendering, scenario: str) -> None:
    made = rendering.names()
    made |= {f"Secret/{each['spec']['secretName']}" for each in rendering.of("Certificate").values()}
    owned = {f"Secret/{text}" for text in texts(yaml.safe_load(scenarios()[scenario].read_text()))}
    for pods in rendering.pods():
        assert references(pods) - made - owned == set(), pods.name


def texts(content: Any) -> set[str]:
    """Every text of a file of values."""
    if isinstance(content, dict):
        return set().union(*(texts(each) for each in content.values()))
    if isinstance(content, list):
        return set().union(*(texts(each) for each in content))
    return {str(content)}


def test_mounts_and_volumes_belong_together(rendering: Rendering) -> None:
    for pods in rendering.pods():
        volumes = {each["name"] for each in pods.spec.get("volumes", [])}
        volumes |= {each["metadata"]["name"] for each in pods.owner["spec"].get("volumeClaimTemplates", [])}
        mounted = {each["name"] for container in pods.containers for each in container.get("volumeMounts", [])}
        assert volumes == mounted, pods.name


def test_files_that_settings_name_are_mounted(rendering: Rendering) -> None:
    for pods, container in of_services(rendering):
        folders = {Path(each["mountPath"]) for each in container["volumeMounts"]}
        files = {Path(v) for k, v in environment(container, rendering).items() if k.endswith("_FILE")}
        assert {file.parent for file in files} <= folders, pods.name


def test_services_point_to_pods_with_these_ports(rendering: Rendering) -> None:
    for name, service in rendering.of("Service").items():
        found = rendering.selected(service["spec"]["selector"])
        assert found, name
        for pods in found:
            there = {p.get("name"): p["containerPort"] for c in pods.containers for p in c.get("ports", [])}
            for port in service["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                assert target in there or target in there.values(), (name, port)


def test_a_services_address_has_its_api_and_nothing_else(rendering: Rendering) -> None:
    for name in SERVICES:
        service = rendering.of("Service")[f"shop-{name}"]["spec"]
        assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", False)
        ports = {port["name"]: port["port"] for port in service["ports"]}
        assert ports == {"grpc": 8501, "internal": 8502, "metrics": 8503}
        (pods,) = rendering.selected(service["selector"])
        assert pods.name == f"Deployment/shop-{name}"
        arguments = pods.spec["containers"][0]["args"]
        assert arguments == ["serve"] or arguments[:3] == ["serve", "--part", "api"]


def test_targets_are_services_of_this_release(rendering: Rendering) -> None:
    services = rendering.of("Service")
    for pods, container in of_services(rendering):
        given = environment(container, rendering)
        targets = {name: address for name, address in given.items() if name.endswith("_TARGET")}
        assert len(targets) == len(SERVICES), pods.name
        for name, address in targets.items():
            service = name.removeprefix("SHOPMESH_").removesuffix("_TARGET").lower()
            assert address == f"dns:///shop-{service}:8502", "round-robin over its pods' internal ports"
            assert f"shop-{service}" in services


def test_the_edge_takes_its_settings_and_finds_every_service(rendering: Rendering, tmp_path: Path) -> None:
    settings = EdgeSettings.model_validate(tomllib.loads(rendering.of("ConfigMap")["shop-edge"]["data"]["edge.toml"]))
    for name, address in settings.clusters.items():
        host, _, port = address.rpartition(":")
        assert (host, port) == (f"shop-{name}", "8501")
        assert host in rendering.of("Service")
    pods = rendering.deployment("shop-edge")
    ports = {port["name"]: port["containerPort"] for port in pods.spec["containers"][0]["ports"]}
    assert settings.listen == f"0.0.0.0:{ports['http']}"
    assert settings.metrics == f"0.0.0.0:{ports['metrics']}"
    assert settings.admin.startswith("127.0.0.1:"), "nobody outside the pod administers the edge"
    render_edge(settings, build_descriptor_set(), tmp_path)


def test_the_edge_begins_and_ends_by_commands_that_its_image_has(rendering: Rendering) -> None:
    pods = rendering.deployment("shop-edge")
    (writes,), (envoy,) = pods.spec["initContainers"], pods.spec["containers"]
    for words in (writes["command"] + writes["args"], envoy["lifecycle"]["preStop"]["exec"]["command"]):
        assert words[:3] == ["python", "-m", "deploy.edge"]
        command = edge_commands.commands[words[3]]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options
    mounts = {each["mountPath"] for each in envoy["volumeMounts"]}
    assert {str(Path(envoy["args"][1]).parent), "/tmp"} == mounts
    most = int(envoy["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pods.spec["terminationGracePeriodSeconds"] > most


def test_callers_are_those_of_the_contracts(rendering: Rendering) -> None:
    callers: dict[str, set[str]] = {name: set() for name in SERVICES}
    public = set()
    for method in Contracts(build_descriptor_set()).methods:
        callers[method.owner] |= set(method.callers)
        public |= {method.owner} if method.public else set()
    for name in SERVICES:
        policy = rendering.of("NetworkPolicy")[f"shop-{name}"]["spec"]
        assert policy["podSelector"]["matchLabels"][COMPONENT] == name
        assert "Ingress" in policy["policyTypes"]
        assert admitted(policy, 8501) == ({"edge"} if name in public else set())
        assert admitted(policy, 8502) == callers[name]
        assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} <= {8501, 8502, 8503}


def admitted(policy: dict[str, Any], port: int) -> set[str]:
    """Components that may call a port; a rule that admits others has no component."""
    rules = [rule for rule in policy["ingress"] if port in {each["port"] for each in rule["ports"]}]
    return {peer["podSelector"]["matchLabels"][COMPONENT] for rule in rules for peer in rule["from"]}


def test_the_ways_in_lead_to_the_edge(rendering: Rendering) -> None:
    service = rendering.of("Service")["shop-edge"]["spec"]
    ports = {port["name"]: port["port"] for port in service["ports"]}
    for ingress in rendering.of("Ingress").values():
        backends = [path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
        assert backends == [{"service": {"name": "shop-edge", "port": {"name": "http"}}}]
        (served,) = ingress["spec"]["tls"]
        (certificate,) = (
            each["spec"]
            for each in rendering.of("Certificate").values()
            if each["spec"]["secretName"] == served["secretName"]
        )
        assert certificate["dnsNames"] == served["hosts"] == [rule["host"] for rule in ingress["spec"]["rules"]]
    for route in rendering.of("HTTPRoute").values():
        (rule,) = route["spec"]["rules"]
        assert rule["backendRefs"] == [{"name": "shop-edge", "port": ports["http"]}]
        assert route["spec"]["hostnames"] == ["shop.example"]


def test_scenarios_have_each_way_in() -> None:
    """Else the test above would hold nothing against them."""
    assert "shop-edge" in of_scenario("production").of("Ingress")
    assert "shop-edge" in of_scenario("apart").of("HTTPRoute")
    assert of_scenario("external").of("Service")["shop-edge"]["spec"]["type"] == "LoadBalancer"


def test_the_edge_is_reached_at_its_port_and_read_at_its_metrics(rendering: Rendering) -> None:
    policy = rendering.of("NetworkPolicy")["shop-edge"]["spec"]
    assert policy["podSelector"]["matchLabels"][COMPONENT] == "edge"
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8080, 8082]
    production = of_scenario("production").of("NetworkPolicy")["shop-edge"]["spec"]["ingress"]
    spaces = [peer["namespaceSelector"]["matchLabels"] for rule in production for peer in rule["from"]]
    name = "kubernetes.io/metadata.name"
    assert spaces == [{name: "ingress-nginx"}, {name: "observability"}]
