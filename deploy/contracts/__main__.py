"""Command line of the gates: ``python -m deploy.contracts check``."""

import sys

import click

from deploy.contracts import compatibility, gates, migrations

GATES = {
    "lint": gates.lint,
    "generated": gates.generated,
    "tables": gates.tables,
    "chart": gates.chart,
    "golden file": gates.golden_file,
    "breaking": gates.breaking,
    "migrations": migrations.migrations,
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


@main.command()
def baseline() -> None:
    """Take the migrations as they are for released; do it with each release."""
    click.echo(f"written: {migrations.write_baseline()}")


@main.command()
@click.option("--tag", help="Another release than the newest.")
def compat(tag: str | None) -> None:
    """Run the repository suites of the release before on databases that this tree has migrated."""
    release = tag or gates.newest_release()
    if release is None:
        click.echo("no release yet: there is no older code that could meet this schema")
        return
    click.echo(f"the suites of {release} on the schema of this tree")
    complaints = compatibility.compat(release)
    for line in complaints:
        click.echo(f"        {line}")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
