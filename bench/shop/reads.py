"""Requests a second and latency of reads through the edge, as ratios to an answer of Envoy's own in the same run."""

import re
import shutil
import statistics
import subprocess
from typing import Any

import click
import httpx

from deploy.local import addresses
from deploy.local.stack import Stack

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measure(seconds: int, rounds: int, connections: int) -> dict[str, dict[str, Any]]:
    """Medians over interleaved rounds, by what was read: rps, p50 and p99 in milliseconds, ratio of rps to Envoy alone."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise click.ClickException("wrk is missing: apt-get install wrk")
    stack = Stack.for_tests()  # the edge of the test stack limits no rates
    stack.up()
    try:
        return _medians(wrk, addresses.public(stack.installation), seconds, rounds, connections)
    finally:
        stack.down()


def _medians(wrk: str, edge: str, seconds: int, rounds: int, connections: int) -> dict[str, dict[str, Any]]:
    product = httpx.get(f"{edge}/api/v1/products?pageSize=1").raise_for_status().json()["products"][0]["id"]
    paths = {
        "envoy alone": "/healthz",
        "one product": f"/api/v1/products/{product}",
        "a list of 20": "/api/v1/products?pageSize=20",
    }
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, path in paths.items():
            samples[name].append(_run(wrk, f"{edge}{path}", seconds, connections))
    medians = {name: {k: statistics.median(s[k] for s in rows) for k in rows[0]} for name, rows in samples.items()}
    base = medians["envoy alone"]["rps"]
    return {name: _row(m, base) for name, m in medians.items()}


def _row(median: dict[str, float], base: float) -> dict[str, Any]:
    times = {name: f"{median[name]:.2f} ms" for name in ("p50", "p99")}
    return {"rps": round(median["rps"]), **times, "ratio": round(median["rps"] / base, 3)}


def _run(wrk: str, url: str, seconds: int, connections: int) -> dict[str, float]:
    """One round of wrk; fails where any answer was no success."""
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise click.ClickException(f"{url} answered errors:\n{text}")
    rps = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rps is not None
    return {"rps": float(rps[1]), "p50": _latency(text, 50), "p99": _latency(text, 99)}


def _latency(text: str, percentile: int) -> float:
    found = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)", text)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]
