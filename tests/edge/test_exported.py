"""What alerts and dashboards ask of the edge, Envoy exports."""

import re

import httpx
import pytest

from tests.edge.conftest import Edge
from tests.telemetry import foreign
from tests.waiting import eventually

pytestmark = pytest.mark.slow


SAMPLE = re.compile(r"^(\w+)(?:{(.*)})? \S+$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="')


async def exported(edge: Edge) -> dict[str, set[str]]:
    """The labels of each series, by its name as Envoy writes it: Prometheus' Python parser would append ``_total``."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{edge.settings.admin}/stats/prometheus")
    found: dict[str, set[str]] = {}
    for name, labels in SAMPLE.findall(answer.text):
        found.setdefault(name, set()).update(LABEL.findall(labels))
    return found


async def test_envoy_exports_what_alerts_and_dashboards_ask_for(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url, trust_env=False) as client:
        await client.get("/api/v1/products", headers={"x-forwarded-for": "198.51.100.77"})

    async def complete() -> dict[str, set[str]] | None:
        found = await exported(edge)
        return found if foreign.ENVOY.keys() <= found.keys() else None

    found = await eventually(complete, f"all of {sorted(foreign.ENVOY)}")
    assert {name: labels - found[name] for name, labels in foreign.ENVOY.items() if labels - found[name]} == {}
