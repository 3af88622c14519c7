"""``python -m bench.relay``: measures the way from the outbox to Kafka, in the test stack.

Each command prints a table and, with --save, writes JSON.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click
import uvloop

from bench.relay import lag, rate
from bench.relay.place import Place
from services.chassis.database import Database
from services.chassis.relay import BATCH, Relay


@click.group(help=__doc__)
def main() -> None: ...


def report(title: str, result: dict[str, dict[str, Any]], save: str | None) -> None:
    """Prints the result, one row a line, and saves it with the machine's load at its end."""
    click.echo(title)
    for name, row in result.items():
        click.echo(f"  {name:16} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    if save:
        machine = {"cores": os.cpu_count(), "load_average": [round(each, 1) for each in os.getloadavg()]}
        Path(save).write_text(json.dumps({**result, "machine": machine}, indent=2) + "\n")


@main.command("rate", help="Events a second out of an outbox in which many wait.")
@click.option("--events", default=100_000, show_default=True, help="Events that wait.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; each is shown, and their median.")
@click.option("--save", help="File to write the result to.")
def rate_command(events: int, rounds: int, save: str | None) -> None:
    report(f"{events} events in batches of {BATCH}:", rate.measure(events, rounds), save)


@main.command("lag", help="From the transaction to a consumer of committed events, at a steady rate.")
@click.option("--rate", default=500, show_default=True, help="Events a second, each in a transaction of its own.")
@click.option("--seconds", default=30.0, show_default=True, help="How long, after a few seconds to warm up.")
@click.option("--save", help="File to write the result to.")
def lag_command(rate: int, seconds: float, save: str | None) -> None:
    report("lag:", lag.measure(rate, seconds), save)


@main.command("serve", hidden=True)
@click.argument("database_url")
@click.argument("kafka")
@click.argument("prefix")
def serve(database_url: str, kafka: str, prefix: str) -> None:
    """The relay's process."""
    made = Place(database_url, kafka, prefix)

    async def run() -> None:
        async with Database(made.settings) as database:
            await Relay(made.settings, database, "bench").run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
