"""A set of ids that lies on disk, so that an audit's memory does not grow with the shop."""

import sqlite3
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Self


class Seen:
    """Ids that were met, in a file of its own that is gone afterwards. Used as a context manager."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="shopmesh-audit-")
        self._ids = sqlite3.connect(Path(self._folder.name) / "seen.db", isolation_level=None)
        self._ids.execute("pragma journal_mode = off")
        self._ids.execute("pragma synchronous = off")
        self._ids.execute("create table seen (id text primary key) without rowid")
        return self

    def __exit__(self, *_: object) -> None:
        self._ids.close()
        self._folder.cleanup()

    def add(self, ids: Iterable[str]) -> None:
        """Remembers ids; one that is known already is remembered once."""
        self._ids.execute("begin")
        self._ids.executemany("insert or ignore into seen values (?)", ((each,) for each in ids))
        self._ids.execute("commit")

    def missing(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that were not met; at most some thousands at a time."""
        marks = ",".join("?" * len(ids))
        known = self._ids.execute(f"select id from seen where id in ({marks})", list(ids))
        return set(ids) - {row[0] for row in known}
