"""``python -m bench.shop``: measures purchases in what ``make up`` started, reads and processor time in the test stack.

Each command prints a table and, with --save, writes JSON. Purchases end with the audit of what was bought.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.shop import capacity, purchases, reads, sizing
from deploy.local.stack import Stack
from tests.audited import assert_clean

RESULTS = Path(__file__).with_name("results")


@click.group(help=__doc__)
def main() -> None: ...


def report(title: str, result: dict[str, Any], save: str | None) -> None:
    """Prints the result, one row a line, and saves it."""
    click.echo(title)
    for name, row in result.items():
        click.echo(f"  {name:24} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    if save:
        Path(save).write_text(json.dumps(result, indent=2) + "\n")


@main.command("reads", help="Reads through the edge of the test stack by wrk, against what Envoy answers by itself.")
@click.option("--seconds", default=5, show_default=True, help="Length of each round.")
@click.option("--rounds", default=3, show_default=True, help="Rounds, interleaved; medians are reported.")
@click.option("--connections", default=32, show_default=True, help="Connections at once.")
@click.option("--save", help="File to write the result to.")
def reads_command(seconds: int, rounds: int, connections: int, save: str | None) -> None:
    report(f"reads, {connections} connections:", reads.measure(seconds, rounds, connections), save)


@main.command("purchases", help="Purchases one after the other; times between the facts that the services recorded.")
@click.option("--count", default=100, show_default=True, help="Purchases.")
@click.option("--save", help="File to write the result to.")
def purchases_command(count: int, save: str | None) -> None:
    stack, began = Stack.for_development(), datetime.now(UTC)
    report(f"{count} purchases:", purchases.measure(stack.installation, count), save)
    asyncio.run(assert_clean(stack, began))
    click.echo("the audit of what was bought found nothing")


@main.command("capacity", help="Processor time of each part for one of each kind of request, in the test stack.")
@click.option("--count", default=400, show_default=True, help="Requests of each kind in a round; purchases are fewer.")
@click.option("--rounds", default=3, show_default=True, help="Rounds, interleaved; medians are reported.")
@click.option("--at-once", default=8, show_default=True, help="Requests at once.")
@click.option("--save", help="File to write the result to.")
def capacity_command(count: int, rounds: int, at_once: int, save: str | None) -> None:
    report("milliseconds of processor time for one request:", capacity.measure(count, rounds, at_once), save)


@main.command("sizing", help="Cores for 10, 100 and 1,000 orders a second, reckoned from a saved result of capacity.")
@click.argument("result", type=click.Path(exists=True, path_type=Path), default=RESULTS / "capacity.json")
def sizing_command(result: Path) -> None:
    report("processor time that comes with an order, and cores:", sizing.reckon(json.loads(result.read_text())), None)


if __name__ == "__main__":
    main()
