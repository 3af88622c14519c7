"""Each alert of the chart fires for what it is for, and for nothing that is usual."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.bootstrap import ROOT
from deploy.telemetry import evaluator
from deploy.telemetry.evaluator import Case, Labels
from docs import alerts
from services.payment.domain.payment import Verdict
from tests.telemetry.naming import unknown

pytestmark = pytest.mark.slow
WRITTEN = (Path(__file__).parent / "alerts.yaml").read_text()
CASES: list[dict[str, Any]] = yaml.load(WRITTEN, yaml.BaseLoader)  # all is text: 0x5 is five zeros after one, not five
RULES = {rule["alert"]: rule for rule in alerts.rules()}


@functools.cache
def fired() -> list[list[Labels]]:
    """What fires in each case, in their order."""
    cases = [Case(each["alert"], each["at"], each["series"]) for each in CASES]
    return evaluator.firing(alerts.RULES.read_text(), cases)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{each['alert']}: {each['name']}" for each in CASES])
def test_an_alert_fires_for_what_it_is_for_and_for_nothing_else(number: int) -> None:
    case = CASES[number]
    severity = RULES[case["alert"]]["labels"]
    assert fired()[number] == [{**labels, **severity} for labels in case["fires"]]


def test_prometheus_takes_the_rules() -> None:
    assert evaluator.rule_errors(alerts.RULES.read_text()) == []


def test_a_rule_that_is_none_is_refused() -> None:
    text = alerts.RULES.read_text()
    assert evaluator.rule_errors(text.replace("max by", "maximum by", 1))
    assert evaluator.rule_errors(text.replace("for: 1m", "fore: 1m", 1))
    assert evaluator.rule_errors(text.replace("{{ $labels.kind }}", "{{ $labels.kind", 1))


@pytest.mark.parametrize("name", RULES)
def test_each_alert_has_series_that_fire_it_and_series_that_do_not(name: str) -> None:
    outcomes = {bool(each["fires"]) for each in CASES if each["alert"] == name}
    assert outcomes == {True, False}


@pytest.mark.parametrize("name", RULES)
def test_each_alert_says_what_it_means_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert {key for key, text in rule["annotations"].items() if text} == {"summary", "description", "action"}


def test_alerts_name_only_metrics_and_labels_that_somebody_exports() -> None:
    assert list(unknown(evaluator.expressions([rule["expr"] for rule in RULES.values()]))) == []


def test_each_alert_is_of_this_shop_alone() -> None:
    """The chart puts its own namespace in the place of "shop"."""
    for rule in RULES.values():
        (expression,) = evaluator.expressions([rule["expr"]])
        assert [metric for metric, chosen_by in expression.selectors if "namespace" not in chosen_by] == []


def alarms_of(service: str) -> Iterator[str]:
    """Kinds of alarms that the code of a service writes out."""
    for path in sorted((ROOT / "services" / service).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield from _written_out(node)


def _written_out(call: ast.Call) -> Iterator[str]:
    given = [each.value for each in call.keywords if each.arg in {"alarm", "alarms"}]
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"raise_alarm", "_tell"}:
        given.append(call.args[0])
    for node in (inner for value in given for inner in ast.walk(value)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isupper():
            yield node.value


def test_the_page_explains_every_kind_of_alarm() -> None:
    assert set(alarms_of("order")) == set(alerts.ORDER_KINDS)
    verdicts = {each.value for each in Verdict} - {Verdict.COUNTED.value}
    assert set(alarms_of("payment")) | verdicts == set(alerts.PAYMENT_KINDS)
