"""Order's own commands."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import click

from services.order.use_cases.listing import Listing

Opened = Callable[[], AbstractAsyncContextManager[Listing]]


def commands(opened: Opened) -> list[click.Command]:
    """The commands over whatever `opened` opens."""

    @click.command("rebuild-lists")
    def rebuild_lists() -> None:
        """Copy every order anew into the read model, in place; lists answer UNAVAILABLE meanwhile."""
        click.echo(f"copied {asyncio.run(_rebuild(opened))} orders")

    return [rebuild_lists]


async def _rebuild(opened: Opened) -> int:
    async with opened() as listing:
        return await listing.rebuild()
