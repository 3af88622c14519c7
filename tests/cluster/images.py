"""The three images, built once for their content, under two tags that differ in one layer, as archives."""

from pathlib import Path

TAGS = ("test-1", "test-2")
IMAGES = ("services", "edge", "stripe")


def archives(tag: str) -> list[Path]:
    """The archives of one tag."""
    raise NotImplementedError
