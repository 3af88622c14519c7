"""What the chart brings for those who watch the shop."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deploy.local.installation import SERVICES
from deploy.telemetry import dashboards, evaluator
from docs import alerts
from tests.deploy.conftest import Render, of_scenario
from tests.deploy.objects import COMPONENT, Rendering
from tests.deploy.test_chart_references import admitted

pytestmark = pytest.mark.slow
ALL = ("telemetry.serviceMonitors.enabled=true", "telemetry.dashboards.enabled=true", "telemetry.alerts.enabled=true")


@pytest.fixture
def production() -> Rendering:
    return of_scenario("production")


def rules(rendering: Rendering, name: str = "shop") -> list[dict[str, Any]]:
    return [rule for group in rendering.of("PrometheusRule")[name]["spec"]["groups"] for rule in group["rules"]]


def test_prometheus_takes_the_rules_as_the_chart_makes_them(production: Rendering) -> None:
    assert evaluator.rule_errors(yaml.safe_dump(production.of("PrometheusRule")["shop"]["spec"])) == []
    assert [rule["alert"] for rule in rules(production)] == [rule["alert"] for rule in alerts.rules()]


def test_the_rules_are_about_this_installation(render: Render) -> None:
    text = yaml.safe_dump(rules(render(*ALL, "fullnameOverride=corner"), "corner"), width=1000)
    assert 'pod=~"corner-.+"' in text
    assert 'persistentvolumeclaim=~"data-corner-.+"' in text
    assert '"release-' not in text
    assert '"data-release-' not in text


def chosen(rendering: Rendering, name: str) -> list[dict[str, Any]]:
    """The Services that a ServiceMonitor chooses."""
    wanted = rendering.of("ServiceMonitor")[name]["spec"]["selector"]["matchLabels"]
    return [each for each in rendering.of("Service").values() if wanted.items() <= each["metadata"]["labels"].items()]


def with_metrics(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in services if "metrics" in {port["name"] for port in each["spec"]["ports"]}]


def test_metrics_of_all_pods_of_all_services_are_read_once(render: Render) -> None:
    rendering = render(*ALL, base="apart")
    seen: list[str] = []
    for service in with_metrics(chosen(rendering, "shop-services")):
        assert service["spec"]["publishNotReadyAddresses"], "a pod that is not ready is the one to look at"
        seen += [pods.name for pods in rendering.selected(service["spec"]["selector"])]
    expected = [pods.name for pods in rendering.pods() if pods.labels.get(COMPONENT) in SERVICES]
    assert sorted(seen) == sorted(expected)
    assert "Deployment/shop-order-relay" in seen


def test_metrics_of_the_edge_are_read_once(production: Rendering) -> None:
    (service,) = with_metrics(chosen(production, "shop-edge"))
    (pods,) = production.selected(service["spec"]["selector"])
    assert pods.name == "Deployment/shop-edge"
    (endpoint,) = production.of("ServiceMonitor")["shop-edge"]["spec"]["endpoints"]
    assert endpoint["path"] == "/stats/prometheus"


def test_each_series_is_told_its_component(production: Rendering) -> None:
    for monitor in production.of("ServiceMonitor").values():
        (endpoint,) = monitor["spec"]["endpoints"]
        assert "component" in {each["targetLabel"] for each in endpoint["relabelings"]}


def test_dashboards_come_whole_and_with_the_sidecars_label(production: Rendering) -> None:
    maps = {name: each for name, each in production.of("ConfigMap").items() if "-dashboard-" in name}
    assert len(maps) == len(dashboards.DASHBOARDS)
    for name, each in maps.items():
        assert each["metadata"]["labels"]["grafana_dashboard"] == "1"
        (text,) = each["data"].values()
        assert json.loads(text) == json.loads(dashboards.text(name.removeprefix("shop-dashboard-")))


def test_nothing_of_it_is_there_unless_it_is_asked_for() -> None:
    plain = of_scenario("external")
    kinds = {each["kind"] for each in plain.objects}
    assert not kinds & {"ServiceMonitor", "PrometheusRule"}
    assert not [name for name in plain.names() if "collector" in name or "dashboard" in name]


def test_services_and_edge_send_to_the_collector_and_may(production: Rendering) -> None:
    assert production.of("ConfigMap")["shop-order"]["data"]["SHOPMESH_OTLP_ENDPOINT"] == "http://shop-collector:4317"
    assert 'otlp = "shop-collector:4317"' in production.of("ConfigMap")["shop-edge"]["data"]["edge.toml"]
    assert admitted(production.of("NetworkPolicy")["shop-collector"]["spec"], 4317) == {*SERVICES, "edge"}


def test_the_collector_hands_on_what_it_is_told_to(production: Rendering) -> None:
    config = yaml.safe_load(production.of("ConfigMap")["shop-collector"]["data"]["collector.yaml"])
    pipelines = config["service"]["pipelines"]
    assert {kind: each["exporters"] for kind, each in pipelines.items()} == {"traces": ["otlp/traces"]}
    for each in pipelines.values():
        for part in ("receivers", "processors", "exporters"):
            assert set(each[part]) <= config[part].keys()


def test_an_exporter_that_is_none_is_refused_by_name(refusal: Callable[..., str]) -> None:
    said = refusal("telemetry.collector.enabled=true", "telemetry.collector.tracesTo={nowhere}")
    assert "nowhere" in said
