"""Payment's own commands."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict

import click

from services.chassis.errors import ServiceError
from services.payment.domain.refunds import RefundFact
from services.payment.ports import ProviderFault, ProviderRefusal, UnknownCapture
from services.payment.use_cases.unknown import UnknownMoney

Opened = Callable[[], AbstractAsyncContextManager[UnknownMoney]]


def commands(opened: Opened) -> list[click.Command]:
    """The commands over whatever `opened` opens."""

    @click.group("unknown", help="Money at Stripe for payments that are not here, such as those made after a backup.")
    def group() -> None: ...

    @group.command("list", help="What was found, the oldest first, one JSON object a line; amounts in minor units.")
    def list_() -> None:
        for capture in asyncio.run(_list(opened)):
            click.echo(json.dumps(asdict(capture), default=str))

    @group.command(help="Give all of INTENT's money back.")
    @click.argument("intent")
    def refund(intent: str) -> None:
        try:
            fact = asyncio.run(_refund(opened, intent))
        except (ServiceError, ProviderRefusal, ProviderFault) as error:
            raise click.ClickException(str(error) or type(error).__name__) from error
        click.echo(json.dumps(asdict(fact), default=str))

    return [group]


async def _list(opened: Opened) -> Sequence[UnknownCapture]:
    async with opened() as money:
        return await money.list()


async def _refund(opened: Opened, intent: str) -> RefundFact:
    async with opened() as money:
        return await money.refund(intent)
