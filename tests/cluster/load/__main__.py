"""``python -m tests.cluster.load EDGE FILE``: puts load on a shop until SIGTERM, then writes its report to the file."""

import asyncio
import signal
from pathlib import Path

import click

from tests.cluster.load.generator import BUYERS, RATE, READERS, SETTLE_S, Plan, run
from tests.cluster.load.process import BEGAN


@click.command(help=__doc__)
@click.argument("edge")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--stripe", default="", help="Address of the payment page, in place of the one that orders name.")
@click.option("--rate", default=RATE, show_default=True, help="Requests a second.")
@click.option("--readers", default=READERS, show_default=True, help="Of so many requests and the buyers', they read.")
@click.option("--buyers", default=BUYERS, show_default=True, help="Of so many requests and the readers', they buy.")
@click.option("--settle", "settle_s", default=SETTLE_S, show_default=True, help="Seconds for orders to be confirmed.")
@click.option("--seed", default=0, show_default=True, help="Of what is chosen at random.")
def main(file: Path, **plan: str | float) -> None:
    async def work() -> None:
        stop = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        report = await run(Plan(**plan), stop, lambda: print(BEGAN, flush=True))  # type: ignore[arg-type]
        report.save(file)
        click.echo(report.figures())
        if report.failed:
            click.echo(report.failures())

    asyncio.run(work())


if __name__ == "__main__":
    main()
