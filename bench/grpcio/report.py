"""Turns samples into a committed JSON document and a small Markdown table."""

import datetime
import json
import os
import platform
from pathlib import Path
from statistics import median
from typing import Any

from bench.grpcio.measure import Sample

_HEAD = (
    "| case | calls/s min / median / max | ratio (min..max) | p50 ms | p99 ms | server CPU us/call | ratio "
    "| client CPU us/call |\n|---|---|---|---|---|---|---|---|"
)


def table(samples: dict[str, list[Sample]], baseline: str) -> str:
    """A Markdown table; ratios are taken round by round against `baseline`, then their median."""
    return "\n".join(
        [
            _HEAD,
            *(_row(name, taken, samples[baseline]) for name, taken in samples.items()),
        ]
    )


def limits_table(rows: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A Markdown table: per server the growth in MiB and the outcome of each abuse."""
    kinds = list(next(iter(rows.values())))
    lines = [f"| server | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for name, abuses in rows.items():
        cells = (f"{result['growth_mib']:.0f} MiB, {result['outcome']}" for result in abuses.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _row(name: str, taken: list[Sample], base: list[Sample]) -> str:
    rates = [sample["rps"] for sample in taken]
    ratios = _ratios(taken, base, "rps")
    cells = [
        name,
        f"{min(rates):,.0f} / **{median(rates):,.0f}** / {max(rates):,.0f}",
        f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})",
        f"{_median(taken, 'p50_ms'):.1f}",
        f"{_median(taken, 'p99_ms'):.1f}",
        f"{_median(taken, 'server_cpu_us'):.0f}",
        f"{median(_ratios(taken, base, 'server_cpu_us')):.2f}",
        f"{_median(taken, 'client_cpu_us'):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _ratios(taken: list[Sample], base: list[Sample], key: str) -> list[float]:
    return [sample[key] / other[key] for sample, other in zip(taken, base, strict=True)]


def _median(taken: list[Sample], key: str) -> float:
    return median(sample[key] for sample in taken)


def write(folder: Path, name: str, command: str, body: str, figures: dict[str, Any]) -> None:
    """Writes `<name>.json` (every sample) and `<name>.md` (the table) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"command": command, "date": _today(), "machine": _machine(), **figures}
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    heading = f"`{command}`, {_today()}, {_machine()}\n\n"
    (folder / f"{name}.md").write_text(heading + body + "\n")


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
