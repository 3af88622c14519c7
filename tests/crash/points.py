"""Points of a journey: the nth call of one kind that one service makes for one order."""

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

BEFORE, AFTER = "before", "after"
SIDES = (BEFORE, AFTER)
LABEL_WORDS = 7
_SPACE = re.compile(r"\s+")
_IDS = re.compile(r"[a-z]+_[A-Za-z0-9_]{8,}")


@dataclass(frozen=True, order=True)
class Point:
    """`what` is a statement, a method or a command, with a digest where its words alone would not tell it apart."""

    service: str
    kind: str
    what: str
    nth: int

    def __str__(self) -> str:
        return f"{self.service} {self.kind} {self.what} [{self.nth}]"

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, order=True)
class Kill:
    """SIGKILL just before or just after the call."""

    point: Point
    side: str

    def __str__(self) -> str:
        return f"{self.side} {self.point}"


def statement(sql: str) -> str:
    """A statement as its first words and a digest of all of them."""
    text = _SPACE.sub(" ", sql).strip()
    return f"{' '.join(text.split(' ')[:LABEL_WORDS])} #{digest(text)}"


def digest(text: str) -> str:
    """Six hexadecimal digits that stay the same in every run."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def path(url: str) -> str:
    """A provider's path without the ids in it."""
    return _IDS.sub("*", re.sub(r"^https?://[^/]+", "", url).partition("?")[0])
