"""Measures grpcio releases (versions), what a call pays for its company (costs), and who stands abuse (limits)."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench.grpcio import cases, environments, report
from bench.grpcio.measure import Runner

_RESULTS = Path(__file__).parent / "results"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shopmesh" / "bench-grpcio"


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--rounds",
            default=11,
            show_default=True,
            help="Samples per case, interleaved.",
        ),
        click.option(
            "--seconds",
            default=1.5,
            show_default=True,
            help="Length of one sample, after its warm-up.",
        ),
        click.option(
            "--cache",
            type=click.Path(path_type=Path),
            default=_CACHE,
            help="Where environments are kept.",
        ),
        click.option("--name", help="Name of the result files; default: the command's name."),
    ):
        command = option(command)
    return command


@click.group(help=__doc__)
def main() -> None:
    """Measures grpcio; needs uv, the development environment and a package index."""


@main.command()
@_common
@click.option(
    "--version",
    "names",
    multiple=True,
    default=cases.VERSIONS,
    show_default=True,
    help="Repeatable.",
)
@click.option("--client", help="One client release for every server; default: the server's own.")
def versions(names: tuple[str, ...], client: str | None, **common: Any) -> None:
    """The same product read on several releases; the newest also without its event engine."""
    arguments = _chosen(names) + (f" --client {client}" if client else "")
    _run("versions", cases.versions(names, client), {}, arguments, **common)


@main.command()
@_common
@click.option("--version", "version", default="1.76.0", show_default=True)
def costs(version: str, cache: Path, **common: Any) -> None:
    """What protovalidate, mutual TLS and tracing add to one call on one release."""
    alone = _validation(version, cache)
    _run(
        "costs",
        cases.costs(version),
        {"validation_us": alone},
        f" --version {version}",
        cache=cache,
        **common,
    )


@main.command()
@click.option("--version", "names", multiple=True, default=cases.VERSIONS, show_default=True, help="Repeatable.")
@click.option("--cache", type=click.Path(path_type=Path), default=_CACHE, help="Where environments are kept.")
def limits(names: tuple[str, ...], cache: Path) -> None:
    """How far three abuses grow a server, with and without accepting compressed requests."""
    runner = Runner(cache, seconds=0)
    rows = {}
    for name in names:
        for title, server in ((name, ()), (f"{name}, identity only", ("--identity-only",))):
            rows[title] = {kind: runner.abuse(name, kind, server) for kind in cases.ABUSES}
            click.echo(f"{title}: {rows[title]}")
    body = report.limits_table(rows)
    click.echo(f"\n{body}")
    report.write(_RESULTS, "limits", f"python -m bench.grpcio limits{_chosen(names)}", body, {"growth": rows})


def _chosen(names: tuple[str, ...]) -> str:
    return "" if names == cases.VERSIONS else "".join(f" --version {name}" for name in names)


def _run(
    command: str,
    rows: list[cases.Case],
    extra: dict[str, Any],
    arguments: str,
    *,
    rounds: int,
    seconds: float,
    cache: Path,
    name: str | None,
) -> None:
    runner = Runner(cache, seconds)
    click.echo("server on core 1, client on core 0" if runner.pinned else "not pinned: no taskset or one core")
    samples = runner.rounds(rows, rounds, click.echo)
    body = "\n\n".join(
        [
            report.table(samples, rows[0].name),
            *(_validation_line(us) for us in extra.values()),
        ]
    )
    click.echo(f"\n{body}")
    line = f"python -m bench.grpcio {command}{arguments} --rounds {rounds} --seconds {seconds}"
    report.write(
        _RESULTS,
        name or command,
        line,
        body,
        {**extra, "pinned": runner.pinned, "samples": samples},
    )


def _validation(version: str, cache: Path) -> dict[str, list[float]]:
    environment = os.environ | environments.variables(environments.generate(cache))
    command = [
        str(environments.python_for(version, cache)),
        "-m",
        "bench.grpcio.validation",
    ]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, list[float]] = json.loads(answer.stdout)
    return figures


def _validation_line(figures: dict[str, list[float]]) -> str:
    parts = (f"{name} {min(us):.1f} / {median(us):.1f} / {max(us):.1f}" for name, us in figures.items())
    return f"protovalidate alone, us per message (min / median / max): {'; '.join(parts)}"


if __name__ == "__main__":
    main()
