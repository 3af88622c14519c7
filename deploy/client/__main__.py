"""Command line of the client package: ``python -m deploy.client --out dist``."""

from pathlib import Path

import click

from deploy.client.wheel import build


@click.command()
@click.option("--out", default="dist", show_default=True, type=click.Path(path_type=Path, file_okay=False))
def main(out: Path) -> None:
    """Build the wheel of the generated stubs into a folder."""
    click.echo(build(out))


if __name__ == "__main__":
    main()
