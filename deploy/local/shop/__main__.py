"""`python -m deploy.local.shop generate|seed`: the demo shop as JSON, or put into a running shop."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx

from deploy.local.progress import Inner
from deploy.local.shop.categories import CATEGORIES
from deploy.local.shop.documents import Place, documents
from deploy.local.shop.generator import Shop
from deploy.local.shop.seeding import AT_ONCE, Edge, seed

TIMEOUT_SECONDS = 30.0


@click.group(help=__doc__)
def main() -> None: ...


def what_and_where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands have."""
    for option in (
        click.option("--currency", default="EUR", envvar="SHOPMESH_CURRENCY", show_default=True, help="Of the prices."),
        click.option(
            "--media-url", default="http://127.0.0.1:8090", show_default=True, help="Where the pictures are served."
        ),
        click.option(
            "--media-dir", type=click.Path(path_type=Path), help="Folder to draw the pictures into; none, none drawn."
        ),
        click.option("--seed", "number", default=7, show_default=True, help="Another number, another shop."),
        click.option("--products", "count", default=60, show_default=True, type=click.IntRange(min=0)),
    ):
        command = option(command)
    return command


def place_of(media_url: str, media_dir: Path | None, currency: str) -> Place:
    """Where pictures go; makes the folder."""
    if media_dir is not None:
        media_dir.mkdir(parents=True, exist_ok=True)
    return Place(media_url, media_dir, currency)


@main.command("generate")
@what_and_where
def generate_command(count: int, number: int, media_dir: Path | None, media_url: str, currency: str) -> None:
    """Print the categories and products, one JSON object a line; products name their category's slug as categoryId."""
    for category in CATEGORIES:
        print(json.dumps({"category": vars(category)}))
    for document in documents(Shop(number).products(count), place_of(media_url, media_dir, currency)):
        print(json.dumps({"product": document}))


@main.command("seed")
@what_and_where
@click.option("--api", "--url", "api", default="http://127.0.0.1:8080", show_default=True, help="The shop's edge.")
@click.option("--email", required=True, help="Log-in of a member of staff.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
def seed_command(
    count: int,
    number: int,
    media_dir: Path | None,
    media_url: str,
    currency: str,
    api: str,
    email: str,
    password_stdin: bool,
) -> None:
    """Create the products that aren't there yet in a running shop; safe to repeat."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    place = place_of(media_url, media_dir, currency)

    async def work() -> None:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(base_url=api, timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False) as client:
            edge = Edge(client, email, password)
            await seed(edge, Shop(number).products(count), count, place, Inner())

    try:
        asyncio.run(work())
    except httpx.TransportError as error:
        raise click.ClickException(f"{api} does not answer: {error!r}") from error


if __name__ == "__main__":
    main()
