"""Catalog's own commands."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import click

from services.catalog.ports import Products
from services.catalog.use_cases.republishing import republish

Opened = Callable[[], AbstractAsyncContextManager[Products]]


def commands(opened: Opened) -> list[click.Command]:
    """The commands; ``opened`` makes what they drive, when one is run."""

    @click.command("republish", help="Publishes every product again, so that copies elsewhere can be rebuilt.")
    def command() -> None:
        async def work() -> int:
            async with opened() as products:
                return await republish(products)

        click.echo(f"{asyncio.run(work())} products are published again")

    return [command]
