"""``python -m bench.stock``: reservations of one variant, a unit each, in a database of its own in the test stack.

Rounds are interleaved and medians reported; with --save they are written as JSON.
"""

import json
import secrets
import statistics
from pathlib import Path
from typing import Any

import click
import psycopg
import uvloop

from bench.stock import bare, ours
from deploy.local import addresses
from deploy.local.stack import Stack
from services.catalog import main as catalog
from services.chassis.migrations import migrate_database

Rows = dict[str, dict[str, Any]]


@click.command(help=__doc__)
@click.option("--seconds", default=5, show_default=True, help="Length of each round.")
@click.option("--rounds", default=3, show_default=True, help="Rounds of each measurement.")
@click.option("--clients", default=16, show_default=True, help="Buyers at once, each with a connection.")
@click.option("--save", help="File to write the result to.")
def main(seconds: int, rounds: int, clients: int, save: str | None) -> None:
    stack = Stack.for_tests()
    stack.up(only={"postgres"})
    admin = addresses.postgres(stack.installation)
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
        try:
            url = admin.rpartition("/")[0] + f"/{name}"
            migrate_database(url, Path(catalog.__file__).parent / "migrations")
            result = measure(stack, url, seconds, rounds, clients)
        finally:
            connection.execute(f'drop database "{name}" with (force)')
    report(result, clients, save)


def measure(stack: Stack, url: str, seconds: int, rounds: int, clients: int) -> Rows:
    """Reservations a second of one variant, by who makes them, with the ratio of ours to each of PostgreSQL's own."""
    variant_id = uvloop.run(ours.variant(url))
    rates: dict[str, list[float]] = {name: [] for name in (*bare.SCRIPTS, ours.NAME)}
    for _ in range(rounds):
        for name in bare.SCRIPTS:
            rates[name].append(bare.rate(stack.installation, url, name, variant_id, seconds, clients))
        rates[ours.NAME].append(uvloop.run(ours.rate(url, variant_id, seconds, clients)))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    mine = medians[ours.NAME]
    return {name: {"a second": round(found), "ours to it": round(mine / found, 3)} for name, found in medians.items()}


def report(result: Rows, clients: int, save: str | None) -> None:
    click.echo(f"reservations of one variant, {clients} buyers at once:")
    for name, row in result.items():
        click.echo(f"  {name:42} " + "  ".join(f"{key} {value}" for key, value in row.items()))
    if save:
        Path(save).write_text(json.dumps({"clients": clients, "rows": result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
