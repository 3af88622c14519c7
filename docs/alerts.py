"""Writes ``docs/alerts.md`` from the chart's alert rules, and from what each kind of alarm means."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parents[1] / "deploy" / "helm" / "shopmesh" / "alerts" / "shopmesh.yaml"
Rule = Mapping[str, Any]
ORDER_KINDS = {
    "PAID_AFTER_END": (
        "Money came for an order that had ended and whose payment the order does not know.",
        "Payment gives it back by itself; see that a refund stands in `python -m ops.audit`, else refund it by staff.",
    ),
    "PAID_UNCONFIRMED": ("A paid order is not confirmed; once for each order.", "See PaidOrderNotConfirmed."),
    "OVERDUE_UNPAID": ("An unpaid order is past its deadline; once for each.", "See UnpaidOrderNotExpired."),
}
PAYMENT_KINDS = {
    "MISMATCH": (
        "Another amount or currency was captured than the order asks for. It confirms nothing and goes back by itself.",
        "Somebody changed the payment at Stripe's dashboard, or two shops share an account; look at the payment there.",
    ),
    "LATE_CAPTURE": (
        "Money came after the order had ended. It goes back by itself.",
        "Nothing, unless there are many: then compare the order's deadline with how long banks take to decide.",
    ),
    "REFUND_FAILED": (
        "A refund failed, or came back after it had arrived, and nobody tries it again.",
        "Ask the customer for another way to pay them back, or refund again by staff; Stripe's dashboard names the reason.",
    ),
    "DISPUTE": (
        "A customer disputes a payment at their bank.",
        "Answer it at Stripe's dashboard before its deadline.",
    ),
    "UNKNOWN_PAYMENT": (
        "Money is at Stripe for a payment that is not here, as after a restore, or of another shop on the same account.",
        "`python -m services.payment unknown list` names it, `unknown refund` gives it back (backup.md).",
    ),
    "EVENTS_MISSED": (
        "Stripe's list of events was not read for longer than Stripe keeps it (30 days).",
        "`python -m ops.audit` compares Stripe's own list of payments with the books; settle what it names.",
    ),
    "OBLIGATION_WITHOUT_PAYMENT": (
        "An order ended that must be paid back, and payment knows no payment of it.",
        "Look for the order in Stripe's dashboard; if money is there, treat it as UNKNOWN_PAYMENT.",
    ),
}
HEAD = """# Alerts: what each means and what to do

Written by `make gen` from the rules in `deploy/helm/shopmesh/alerts/shopmesh.yaml`; what they promise to watch is in
[reliability.md](reliability.md). With `telemetry.alerts.enabled` the chart makes a PrometheusRule of them, for the
Prometheus Operator; without it, give that file to Prometheus yourself, with your namespace instead of `shop` and your
release instead of `release`. Each rule is tested with series that fire it and with series that must not
(`tests/telemetry/alerts.yaml`), by Prometheus' own engine.

**critical** calls a person now, **warning** can wait for working hours. Alerts of counters stay for as long as their
window and then end by themselves: they say that something happened, not that it is over.

Metrics of the services come by their port 8503 (ServiceMonitor of the chart), the edge's by the port of its metrics.
The rules about pods, deployments, jobs and autoscalers need kube-state-metrics, VolumeFull the kubelet's metrics,
and without them never fire.

Commands of a service run in one of its pods: `kubectl exec deploy/<release>-order -- python -m services.order tasks list`.
"""
TABLE = "| {0} | what it means | what to do |\n|---|---|---|"


def rules() -> Iterator[Rule]:
    """Every rule, in the file's order."""
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from group["rules"]


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *_sections(), *_kinds("order_alarm", ORDER_KINDS), *_kinds("payment_alarm", PAYMENT_KINDS)))


def _sections() -> Iterator[str]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield f"## {group['name'].removeprefix('shopmesh-').capitalize()}\n"
        for rule in group["rules"]:
            yield from _section(rule)


def _section(rule: Rule) -> Iterator[str]:
    said = rule["annotations"]
    held = f", after {rule['for']}" if "for" in rule else ", at once"
    yield f"### {rule['alert']}\n\n{rule['labels']['severity']}{held}.\n"
    yield f"```promql\n{rule['expr'].strip()}\n```\n"
    yield f"{said['description']}\n\n**Do:** {said['action']}\n"


def _kinds(name: str, kinds: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield f"## Kinds of `{name}`\n\n{TABLE.format('kind')}"
    yield "".join(f"| {kind} | {means} | {do} |\n" for kind, (means, do) in kinds.items())
