"""Which life of the installation a restore begins: a number that it has never had, and topics that nobody has read.

The number leads every event's sequence and names the series of invoices, so it must never come twice, not even where one
backup is restored twice, or a restore is killed. Each restore is written down beside the backups before it begins.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ops.errors import Refused
from services.chassis.settings import TOPIC_PREFIX

FILE = "restores.jsonl"
_OWN_PART = re.compile(r"(?<![A-Za-z0-9])r\d+\.$")


@dataclass(frozen=True, slots=True)
class Begun:
    """A restore, whether or not it came to its end. `prefix` is that of its topics."""

    incarnation: int
    prefix: str
    backup: str
    time: str


def begun(folder: Path) -> list[Begun]:
    """All restores from backups in this folder, the oldest first. Refused where the list cannot be read."""
    file = folder / FILE
    try:
        return [Begun(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    except (ValueError, TypeError) as error:
        raise Refused(f"{file} cannot be read, and says which incarnations there were: mend it") from error


def write_down(folder: Path, restore: Begun) -> None:
    """To be done before anything is touched."""
    with (folder / FILE).open("a") as lines:
        lines.write(json.dumps(asdict(restore)) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def following(known: Iterable[int]) -> int:
    """The number after every one that is known to have been."""
    return max(known) + 1


def prefix_of(before: str, incarnation: int) -> str:
    """The prefix of new topics: `shop.` goes on as `shop.r2.`, and that as `shop.r3.`."""
    return f"{base_of(before)}r{incarnation}."


def base_of(prefix: str) -> str:
    """The installation's own prefix, without what restores added."""
    return _OWN_PART.sub("", prefix)


def refuse_known_prefix(prefix: str, known: Iterable[str]) -> None:
    """Refused where a prefix that somebody chose is of topics that there were, or is none; an empty one is no choice."""
    if prefix in {each for each in known if each}:
        raise Refused(f"the topics {prefix}* are those of an earlier life: choose a prefix that there never was")
    if not re.fullmatch(TOPIC_PREFIX, prefix):
        raise Refused(f"{prefix!r} is no prefix: it takes letters, digits, dots, dashes and underscores")


def restore_of(incarnation: int, prefix: str, backup: Path, now: datetime) -> Begun:
    """What is written down."""
    return Begun(incarnation, prefix, backup.name, now.isoformat(timespec="seconds"))
