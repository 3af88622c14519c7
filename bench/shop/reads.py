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

# The test stack samples every trace that does not say otherwise itself.
_NOT_SAMPLED = ["-H", f"traceparent: 00-{'1' * 32}-{'1' * 16}-00"]
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
    one, twenty = f"{edge}/api/v1/products/{product}", f"{edge}/api/v1/products?pageSize=20"
    reads = {
        "envoy alone": [f"{edge}/healthz"],
        "one product": [one, *_NOT_SAMPLED],
        "a list of 20": [twenty, *_NOT_SAMPLED],
        "one product, traced": [one],
        "a list of 20, traced": [twenty],
    }
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in reads}
    for _ in range(rounds):
        for name, arguments in reads.items():
            samples[name].append(_run([wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *arguments]))
    medians = {name: {k: statistics.median(s[k] for s in rows) for k in rows[0]} for name, rows in samples.items()}
    base = medians["envoy alone"]["rps"]
    return {name: _row(m, base) for name, m in medians.items()}


def _row(median: dict[str, float], base: float) -> dict[str, Any]:
    times = {name: f"{median[name]:.2f} ms" for name in ("p50", "p99")}
    return {"rps": round(median["rps"]), **times, "ratio": round(median["rps"] / base, 3)}


def _run(command: list[str]) -> dict[str, float]:
    """One round of wrk; fails where any answer was no success."""
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise click.ClickException(f"{' '.join(command)} was answered with errors:\n{text}")
    rps = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rps is not None
    return {"rps": float(rps[1]), "p50": _latency(text, 50), "p99": _latency(text, 99)}


def _latency(text: str, percentile: int) -> float:
    found = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)", text)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]
