"""``python -m deploy.telemetry.dashboards``: writes Grafana's dashboards into the chart, as JSON.

They are written here because a dashboard's JSON is nine parts layout and one part questions; here stand the questions.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.bootstrap import ROOT

PLACE = ROOT / "deploy" / "helm" / "shopmesh" / "dashboards"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT = 12, 8
EDGE = 'namespace="$namespace", envoy_http_conn_manager_prefix="public"'
OURS = 'namespace="$namespace"'
CHOSEN = 'namespace="$namespace", component=~"$component"'
FAULT = "INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED"
Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One question: pairs of expression and legend, and how their answer is shown."""

    title: str
    questions: Sequence[tuple[str, str]]
    unit: str = "short"
    text: str = ""
    alarm_above: float | None = None

    def shown(self, number: int) -> Json:
        """The panel's JSON, at its place in two columns."""
        steps: list[Json] = [{"color": "green", "value": None}]
        if self.alarm_above is not None:
            steps.append({"color": "red", "value": self.alarm_above})
        style = {"drawStyle": "line", "fillOpacity": 10, "thresholdsStyle": {"mode": "line" if steps[1:] else "off"}}
        return {
            "id": number + 1,
            "type": "timeseries",
            "title": self.title,
            "description": self.text,
            "datasource": SOURCE,
            "gridPos": {"x": number % 2 * WIDTH, "y": number // 2 * HEIGHT, "w": WIDTH, "h": HEIGHT},
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "min": 0,
                    "custom": style,
                    "thresholds": {"mode": "absolute", "steps": steps},
                },
                "overrides": [],
            },
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
            "targets": list(self._targets()),
        }

    def _targets(self) -> Iterator[Json]:
        for letter, (expression, legend) in zip("ABCDEFGH", self.questions, strict=False):
            yield {"refId": letter, "datasource": SOURCE, "expr": expression, "legendFormat": legend}


def quantiles(metric: str, chosen: str, by: str = "") -> list[tuple[str, str]]:
    """The median and what one in twenty and one in a hundred exceeds."""
    more = f", {by}" if by else ""
    legend = f" {{{{{by}}}}}" if by else ""
    rate = f"sum by (le{more}) (rate({metric}{{{chosen}}}[$__rate_interval]))"
    shares = {"p95": 0.95} if by else {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return [(f"histogram_quantile({share}, {rate})", name + legend) for name, share in shares.items()]


def rate(metric: str, chosen: str, by: str) -> list[tuple[str, str]]:
    """How many a second, by a label."""
    return [(f"sum by ({by}) (rate({metric}{{{chosen}}}[$__rate_interval]))", f"{{{{{by}}}}}")]


def _called(method: str) -> str:
    return f'{OURS}, method=~".*/{method}", code="OK"'


def _count(method: str) -> str:
    return f"sum(rate(shopmesh_rpc_seconds_count{{{_called(method)}}}[$__rate_interval])) * 60"


SHOP = (
    Panel(
        "Requests from outside, by class",
        rate("envoy_http_downstream_rq_xx", EDGE, "envoy_response_code_class"),
        "reqps",
        "1xx to 5xx as the edge answers them.",
    ),
    Panel(
        "Time of a request from outside",
        quantiles("envoy_http_downstream_rq_time_bucket", EDGE),
        "ms",
        "Streams that watch an order count when they end.",
    ),
    Panel(
        "Sales a minute",
        [(_count("PlaceOrder"), "orders placed"), (_count("SellStock"), "orders paid and sold")],
        "short",
        "Repeats of a request count too.",
    ),
    Panel(
        "Orders that wait",
        [
            (f"max(shopmesh_order_paid_unconfirmed_seconds{{{OURS}}})", "paid, not confirmed"),
            (f"max(shopmesh_order_overdue_unpaid_seconds{{{OURS}}})", "unpaid, past the deadline"),
        ],
        "s",
        "Alerts PaidOrderNotConfirmed and UnpaidOrderNotExpired.",
        300,
    ),
    Panel(
        "Events not yet published, age of the oldest",
        [(f"max by (component) (shopmesh_outbox_age_seconds{{{OURS}}})", "{{component}}")],
        "s",
        "Alert EventsNotPublished.",
        60,
    ),
    Panel(
        "Events not yet handled, age of the oldest",
        [(f"max by (group) (shopmesh_consumer_lag_seconds{{{OURS}}})", "{{group}}")],
        "s",
        "Alert EventsNotHandled.",
        120,
    ),
    Panel(
        "Alarms and dead letters, since the pods began",
        [
            (f"sum by (kind) (shopmesh_order_alarms_total{{{OURS}}})", "order {{kind}}"),
            (f"sum by (kind) (shopmesh_payment_alarms_total{{{OURS}}})", "payment {{kind}}"),
            (f"sum by (group) (shopmesh_dead_letters_total{{{OURS}}})", "dead letters {{group}}"),
            (f"sum by (template) (shopmesh_mail_refused_total{{{OURS}}})", "mail refused {{template}}"),
        ],
        text="Each step up is something for a person; docs/alerts.md tells what.",
    ),
    Panel(
        "Parts that are not well",
        [(f"min by (component, part) (shopmesh_healthy{{{OURS}}}) == 0", "{{component}} {{part}}")],
        text="Empty where all is well.",
    ),
)
SERVICES = (
    Panel("Calls a second", rate("shopmesh_rpc_seconds_count", CHOSEN, "method"), "reqps"),
    Panel(
        "Time that one call in twenty exceeds",
        quantiles("shopmesh_rpc_seconds_bucket", CHOSEN, "method"),
        "s",
        "Streams count when they end.",
    ),
    Panel(
        "Answers that are no OK, by code", rate("shopmesh_rpc_seconds_count", f'{CHOSEN}, code!="OK"', "code"), "reqps"
    ),
    Panel(
        "Calls that fail by our fault",
        [
            (
                f'sum by (component) (rate(shopmesh_rpc_seconds_count{{{CHOSEN}, code=~"{FAULT}"}}[$__rate_interval]))'
                f" / sum by (component) (rate(shopmesh_rpc_seconds_count{{{CHOSEN}}}[$__rate_interval]))",
                "{{component}}",
            )
        ],
        "percentunit",
        "Alert ServiceFails.",
        0.01,
    ),
    Panel(
        "Tasks, age of the oldest that is due",
        [(f"max by (component) (shopmesh_task_age_seconds{{{CHOSEN}}})", "{{component}}")],
        "s",
        "Alert TasksLate.",
        120,
    ),
    Panel("Attempts at tasks that failed", rate("shopmesh_task_failures_total", CHOSEN, "kind"), "ops"),
    Panel(
        "Processor time, in cores",
        [(f"sum by (pod) (rate(process_cpu_seconds_total{{{CHOSEN}}}[$__rate_interval]))", "{{pod}}")],
    ),
    Panel("Memory", [(f"max by (pod) (process_resident_memory_bytes{{{CHOSEN}}})", "{{pod}}")], "bytes"),
    Panel("Events of types that are not handled", rate("shopmesh_events_skipped_total", CHOSEN, "group"), "ops"),
    Panel(
        "Ready pods",
        [(f'sum by (component) (shopmesh_healthy{{{CHOSEN}, part="api"}})', "{{component}}")],
        text="As they say themselves.",
    ),
)
EDGES = (
    Panel("Requests, by class", rate("envoy_http_downstream_rq_xx", EDGE, "envoy_response_code_class"), "reqps"),
    Panel("Time of a request", quantiles("envoy_http_downstream_rq_time_bucket", EDGE), "ms"),
    Panel(
        "Open at this moment",
        [
            (f"sum by (pod) (envoy_http_downstream_rq_active{{{EDGE}}})", "requests {{pod}}"),
            (f"sum by (pod) (envoy_http_downstream_cx_active{{{EDGE}}})", "connections {{pod}}"),
        ],
    ),
    Panel(
        "Healthy replicas that the edge sees",
        [(f"min by (envoy_cluster_name) (envoy_cluster_membership_healthy{{{OURS}}})", "{{envoy_cluster_name}}")],
        text="The fewest that any pod of the edge sees.",
    ),
    Panel(
        "Answers of services that are 5xx",
        rate("envoy_cluster_upstream_rq_xx", f'{OURS}, envoy_response_code_class="5"', "envoy_cluster_name"),
        "reqps",
    ),
    Panel(
        "Time of services that one request in twenty exceeds",
        quantiles("envoy_cluster_upstream_rq_time_bucket", OURS, "envoy_cluster_name"),
        "ms",
    ),
)
DASHBOARDS = {
    "shop": ("Shopmesh: the shop", SHOP),
    "services": ("Shopmesh: services", SERVICES),
    "edge": ("Shopmesh: edge", EDGES),
}


def text(name: str) -> str:
    """A dashboard's file."""
    title, panels = DASHBOARDS[name]
    variables = [_datasource(), _variable("namespace", "label_values(shopmesh_healthy, namespace)")]
    if any("$component" in expression for panel in panels for expression, _ in panel.questions):
        variables.append(
            _variable("component", 'label_values(shopmesh_healthy{namespace="$namespace"}, component)', several=True)
        )
    dashboard = {
        "uid": f"shopmesh-{name}",
        "title": title,
        "tags": ["shopmesh"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": variables},
        "panels": [panel.shown(number) for number, panel in enumerate(panels)],
    }
    return json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"


def _datasource() -> Json:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _variable(name: str, query: str, several: bool = False) -> Json:
    all_ = {"multi": True, "includeAll": True, "allValue": ".*"} if several else {}
    return {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, "sort": 1, **all_}


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        path: Path = PLACE / f"{name}.json"
        path.write_text(text(name))


if __name__ == "__main__":
    main()
