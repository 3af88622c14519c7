"""What the stack says while it works: one line per step, with the seconds since the command began."""

import sys
import time
from collections.abc import Sequence

import click


class Progress:
    """Prints `[ 12.3s] text` lines to standard error."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        click.echo(f"[{self.seconds:6.1f}s] {text}", file=sys.stderr)


class Inner(Progress):
    """For a process that another's progress runs: without a clock of its own."""

    def say(self, text: str) -> None:
        click.echo(f"{'':9} {text}", file=sys.stderr)


class Silent(Progress):
    """Says nothing: for tests."""

    def say(self, text: str) -> None:
        del text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their head, in aligned columns."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)
