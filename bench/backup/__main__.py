"""``python -m bench.backup``: one purchase of the test stack, many times over in databases of their own, saved and restored."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import psycopg
from redis import Redis

from bench.audit.__main__ import drop, fill, name
from deploy.local import addresses, backups, databases
from deploy.local.bootstrap import ROOT
from deploy.local.environment import PREFIX
from deploy.local.installation import without_settings
from deploy.local.stack import Stack

CARTS_IN = 8
"""Number of the database in Valkey."""
CART = json.dumps({"items": [{"variant_id": "var_" + "x" * 26, "quantity": 2}] * 5, "owner": "usr_" + "x" * 26})


VARIANT = """
with product as (
    insert into products values (gen_random_uuid(), 'bench', '', '', '', '{}', null, '[]', 'ACTIVE', 1, now(), now())
    returning id)
insert into variants select variant_id, product.id, 1, 'bench', '{}', false from stock, product
"""
"""What the copied stock is of: a restore sees to foreign keys, which the copies were written past."""


@click.command(help=__doc__)
@click.option("--orders", default=10_000, show_default=True, help="Orders to save.")
@click.option("--carts", default=10_000, show_default=True, help="Carts to save.")
@click.option("--save", help="File to write the result to.")
def main(orders: int, carts: int, save: str | None) -> None:
    stack = Stack.for_tests()
    stack.up(only={"postgres", "valkey"})
    result = {"orders": orders, "carts": carts, **measure(stack, orders, carts)}
    click.echo(json.dumps(result, indent=2))
    if save:
        Path(save).write_text(json.dumps(result, indent=2) + "\n")


def measure(stack: Stack, orders: int, carts: int) -> dict[str, Any]:
    """Seconds of both commands, with their start, and the backup's bytes."""
    admin = addresses.postgres(stack.installation)
    urls = {service: f"{admin.rpartition('/')[0]}/bench_audit_{service}" for service in databases.WITH_DATABASE}
    valkey = f"{addresses.valkey(stack.installation).rpartition('/')[0]}/{CARTS_IN}"
    environment = with_addresses(stack, urls, valkey)
    with tempfile.TemporaryDirectory() as folder, Redis.from_url(valkey) as client:
        try:
            fill(stack, admin, urls, orders)
            with psycopg.connect(urls["catalog"]) as catalog:
                catalog.execute(VARIANT)
            fill_carts(client, carts)
            saving, backup = timed(environment, "backup", "--quiet", "--json", "--folder", folder)
            place = json.loads(backup)["backup"]
            restoring, _ = timed(environment, "restore", "--quiet", "--json", "--yes", "--edge-closed", place)
            size = sum(each.stat().st_size for each in Path(place).iterdir())
        finally:
            drop_all(admin, urls)
            client.flushdb()
    return {"backup_seconds": saving, "megabytes": round(size / 1e6, 1), "restore_seconds": restoring}


def with_addresses(stack: Stack, urls: dict[str, str], valkey: str) -> dict[str, str]:
    """The commands' environment, with these stores in the place of the stack's."""
    own = {f"{PREFIX}BACKUP_{service.upper()}_URL": url for service, url in urls.items()}
    own[f"{PREFIX}BACKUP_VALKEY_URL"] = valkey
    return {**without_settings(os.environ), **backups.environment(stack.installation), **own}


def fill_carts(client: Redis, count: int) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for number in range(count):
            pipeline.set(f"cart:{{cart_{number:026d}}}", CART, ex=86400)
        pipeline.execute()


def timed(environment: dict[str, str], command: str, *arguments: str) -> tuple[float, str]:
    """Seconds, and what it printed."""
    began = time.monotonic()
    run = [sys.executable, "-m", f"ops.{command}", *arguments]
    done = subprocess.run(run, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return round(time.monotonic() - began, 1), done.stdout


def drop_all(admin: str, urls: dict[str, str]) -> None:
    """These databases, and those that the restore put aside."""
    drop(admin, urls)
    names = tuple(name(url) for url in urls.values())
    with psycopg.connect(admin, autocommit=True) as connection:
        for row in connection.execute("select datname from pg_database").fetchall():
            if row[0].startswith(names):
                connection.execute(f'drop database "{row[0]}" with (force)')


if __name__ == "__main__":
    main()
