"""How commands talk to the person who runs them."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ops.errors import Refused


@contextmanager
def refusals() -> Iterator[None]:
    """Ends the command with 1 and the reason where something inside refuses."""
    try:
        yield
    except (Refused, ExceptionGroup) as error:
        reason: BaseException = error
        while isinstance(reason, BaseExceptionGroup):
            reason = reason.exceptions[0]
        if not isinstance(reason, Refused):
            raise
        raise click.ClickException(str(reason)) from error


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever is made inside is for its owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


class Progress:
    """Prints each step to standard error, with the seconds since the first."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        click.echo(f"[{time.monotonic() - self._began:6.1f}s] {text}", file=sys.stderr)


def silent(_text: str) -> None:
    """Says nothing."""
