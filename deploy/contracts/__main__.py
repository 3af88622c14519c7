"""Command line of the gates: ``python -m deploy.contracts check``."""

import sys

import click

from deploy.contracts import gates

GATES = {
    "lint": gates.lint,
    "generated": gates.generated,
    "tables": gates.tables,
    "chart": gates.chart,
    "golden file": gates.golden_file,
    "breaking": gates.breaking,
}


@click.group()
def main() -> None:
    """Gates on the contracts of Shopmesh."""


@main.command()
def check() -> None:
    """Run every gate; ends with 1 where one complains."""
    release = gates.newest_release()
    click.echo(f"breaking changes are held against {release}" if release else "no release yet: nothing can be broken")
    complaints = {name: gate() for name, gate in GATES.items()}
    for name, lines in complaints.items():
        click.echo(f"{'FAILED' if lines else 'ok':8}{name}")
        for line in lines:
            click.echo(f"        {line}")
    sys.exit(any(complaints.values()))


@main.command()
def golden() -> None:
    """Write the golden file anew: what it says now is what is meant."""
    click.echo(f"written: {gates.write_golden_file()}")


if __name__ == "__main__":
    main()
