"""The folder of backups."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.backup.shelf import BEFORE_RESTORE, Shelf
from ops.errors import Refused

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def made(shelf: Shelf, time: datetime) -> Path:
    with shelf.draft(time) as draft:
        (draft / "order.dump").write_text("personal data")
    return shelf.path(time)


def test_a_backup_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    backup = made(Shelf(tmp_path / "backups"), NOON)
    assert backup.name == "20261121T120000000Z"
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (backup.parent, backup, backup / "order.dump")]
    assert modes == [0o700, 0o700, 0o600]


def test_two_in_one_second_stand_side_by_side(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first, second = made(shelf, NOON), made(shelf, NOON + timedelta(milliseconds=7))
    assert (first.exists(), second.name) == (True, "20261121T120000007Z")


def test_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"), Shelf(tmp_path).draft(NOON) as draft:
        (draft / "order.dump").write_text("personal data")
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_has_no_backups_name_and_is_removed_by_the_next(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    left = shelf.draft(NOON)
    draft = left.__enter__()
    assert shelf.forget(NOON + timedelta(days=99)) == []
    with shelf.locked():
        assert not draft.exists()


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with Shelf(tmp_path).locked(), pytest.raises(Refused, match="at work"), Shelf(tmp_path).locked():
        pass


def test_old_backups_and_what_restores_put_aside_are_removed_and_nothing_else(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new = made(shelf, NOON - timedelta(days=31)), made(shelf, NOON - timedelta(days=29))
    aside, record = tmp_path / f"carts{BEFORE_RESTORE}2.jsonl.gz", tmp_path / "restores.jsonl"
    for file in (aside, record):
        file.touch()
        os.utime(file, (0, 0))
    assert shelf.forget(NOON - timedelta(days=30)) == sorted([old.name, aside.name])
    assert new.exists()
    assert record.exists()
