"""The folder that backups lie in: each appears whole or not at all, for its owner's eyes, and not for ever."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ops.errors import Refused

_NAME = "%Y%m%dT%H%M%S%fZ"
"""Read with three digits of a second's fraction, as `_name` writes them: a small shop is saved in less than a second."""
BEFORE_RESTORE = "-before-restore-"
"""In the names of files that a restore puts aside here."""
_PARTIAL = ".partial"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class Shelf:
    """Backups by the UTC time of their making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One backup or restore at a time; Refused while there is another. What a killed one left is removed."""
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(f"another backup or restore is at work in {self.folder}") from error
            for left in self.folder.glob(f"*{_PARTIAL}"):
                shutil.rmtree(left)
            yield

    @contextmanager
    def draft(self, time: datetime) -> Iterator[Path]:
        """A folder to fill, which gets its name once it is whole and on the disk; removed where filling it fails."""
        name = _name(time)
        draft = self.folder / f"{name}{_PARTIAL}"
        draft.mkdir(mode=_PRIVATE_FOLDER)
        try:
            yield draft
            _keep_private(draft)
            draft.rename(self.folder / name)
            _sync(self.folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def path(self, time: datetime) -> Path:
        """Where the backup of this time lies."""
        return self.folder / _name(time)

    def forget(self, before: datetime) -> list[str]:
        """Removes what was made before; the names. What is none of ours stays."""
        old = [each for each in self.folder.iterdir() if (made := _made(each)) and made < before]
        for each in old:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        return sorted(each.name for each in old)


def _name(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%S}{time.microsecond // 1000:03}Z"


def _made(place: Path) -> datetime | None:
    """When a backup, or what a restore put aside, was made; None for anything else."""
    if place.is_file() and BEFORE_RESTORE in place.name:
        return datetime.fromtimestamp(place.stat().st_mtime, UTC)
    try:
        return datetime.strptime(place.name, _NAME).replace(tzinfo=UTC) if place.is_dir() else None
    except ValueError:
        return None


def _keep_private(folder: Path) -> None:
    """For the owner alone, and on the disk before the name says that it is whole."""
    for file in folder.iterdir():
        file.chmod(_PRIVATE_FILE)
        _sync(file)
    _sync(folder)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
