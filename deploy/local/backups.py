"""Backup and restore of a local stack, by the product's own commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click

from deploy.local import addresses, databases
from deploy.local.components import postgres
from deploy.local.environment import PREFIX, topic_prefix
from deploy.local.installation import Installation, without_settings
from deploy.local.progress import Progress
from deploy.local.stack import Stack

STORES = ("postgres", "valkey")
DONE = """The shop is back, as incarnation {incarnation}. What is left to do:
  make up
  make audit A="--wait 120 --since {since}"    what is older is in no topic any more
  make run S=payment A="unknown list"    money of purchases that were lost; A="unknown refund pi_..." gives it back"""
SAY_PREFIX = "  first: {name}={prefix} in .env, in the place of what stands there"


def environment(installation: Installation) -> dict[str, str]:
    """The variables of `ops.backup` and `ops.restore`."""
    own = "POSTGRES_URL" not in installation.overrides
    urls = {f"{name.upper()}_URL": databases.url(name, installation) for name in databases.WITH_DATABASE}
    answers = {
        **urls,
        "ADMIN_URL": addresses.postgres(installation),
        "VALKEY_URL": addresses.valkey(installation),
        "FOLDER": str(installation.root / "backups"),
        "PROGRAMS": str(Path(postgres.program(installation, "pg_dump")).parent) if own else "",
        "EDGE_URL": addresses.public(installation),
    }
    named = {f"{PREFIX}BACKUP_{name}": value for name, value in answers.items()}
    return named | {f"{PREFIX}PREFIX": topic_prefix(installation)}


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"ops.{name}", *arguments]


def back_up(installation: Installation, *arguments: str) -> None:
    """Become the command."""
    everything = {**without_settings(os.environ), **environment(installation)}
    os.execve(sys.executable, command("backup", *arguments), everything)  # noqa: S606 - it takes over this process


def restore(stack: Stack, arguments: tuple[str, ...], progress: Progress) -> None:
    """Put the stack's stores back, which run for that; a following `up` begins the new life. Ends with the command."""
    installation = stack.installation
    if "--help" in arguments:
        os.execv(sys.executable, command("restore", "--help"))  # noqa: S606 - as above
    if stores := set(STORES) & stack.components.keys():
        stack.up(only=stores, progress=progress)
    databases.create(installation)
    everything = {**without_settings(os.environ), **environment(installation)}
    done = subprocess.run(
        command("restore", "--json", *arguments), env=everything, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode or not done.stdout:
        sys.exit(done.returncode)
    say_what_is_left(installation, json.loads(done.stdout))


def say_what_is_left(installation: Installation, done: dict[str, str]) -> None:
    """The new topics' prefix the next `up` reads out of the databases."""
    name = f"{PREFIX}PREFIX"
    if installation.overrides.get(name, done["prefix"]) != done["prefix"]:
        click.echo(SAY_PREFIX.format(name=name, prefix=done["prefix"]))
    click.echo(DONE.format(incarnation=done["incarnation"], since=done["since"]))
