"""Grafana's dashboards ask for what there is."""

import json
import re
from typing import Any

import pytest

from deploy.edge.contracts import Contracts, build_descriptor_set
from deploy.telemetry import dashboards, evaluator
from docs import alerts
from services.chassis.errors import Code
from tests.telemetry.naming import unknown

pytestmark = pytest.mark.slow
FILES = sorted(dashboards.PLACE.glob("*.json"))


def panels(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dashboards.text(name))["panels"]
    return found


def expressions(name: str) -> list[str]:
    """What a dashboard asks, with values in place of its variables."""
    texts = [target["expr"] for panel in panels(name) for target in panel["targets"]]
    return [each.replace("$__rate_interval", "5m").replace("$namespace", "shop") for each in texts]


def test_the_files_are_those_that_the_code_writes() -> None:
    assert {path.stem: path.read_text() for path in FILES} == {
        name: dashboards.text(name) for name in dashboards.DASHBOARDS
    }


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_every_expression_names_metrics_and_labels_that_somebody_exports(name: str) -> None:
    assert list(unknown(evaluator.expressions(expressions(name)))) == []


def test_an_expression_that_is_none_or_names_nobodys_metric_is_found() -> None:
    texts = ["sum(rate(up[5m])", "shopmesh_no_such_thing", "sum by (colour) (up)", 'shopmesh_healthy{colour="red"}']
    found = list(unknown(evaluator.expressions(texts)))
    assert len(found) == 4, found


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_every_expression_is_of_one_shop(name: str) -> None:
    for expression in evaluator.expressions(expressions(name)):
        assert all("namespace" in chosen_by for _, chosen_by in expression.selectors)


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_panels_are_laid_out_without_overlap(name: str) -> None:
    places = [panel["gridPos"] for panel in panels(name)]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert all(panel["targets"] and panel["title"] for panel in panels(name))


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_legends_name_labels_that_the_answer_has(name: str) -> None:
    targets = [target for panel in panels(name) for target in panel["targets"]]
    for target, expression in zip(targets, evaluator.expressions(expressions(name)), strict=True):
        assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= expression.groupings


def test_methods_and_codes_that_are_asked_for_are_those_of_the_contracts() -> None:
    asked = " ".join(
        [*(rule["expr"] for rule in alerts.rules()), *(e for n in dashboards.DASHBOARDS for e in expressions(n))]
    )
    methods = {method.name for method in Contracts(build_descriptor_set()).methods}
    for pattern in re.findall(r'method[=!]~"\.\*/([^"]+)"', asked):
        assert [name for name in methods if re.fullmatch(pattern, name)], pattern
    codes = {code.value for code in Code} | {"OK"}
    for pattern in re.findall(r'code[=!]~?"([A-Z_|]+)"', asked):
        assert set(pattern.split("|")) <= codes
