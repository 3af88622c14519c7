"""What is no backup, not one of ours, of a newer release, or damaged, is told from what is whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.backup import manifest
from ops.backup.manifest import Manifest, SavedCarts, SavedDatabase
from ops.backup.settings import DATABASES
from ops.errors import Refused

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    for name in (*DATABASES, "carts"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    about: dict[str, Any] = {"revision": "0001", "incarnation": 1, "server": 18, "snapshot_time": NOW}
    databases = {
        name: SavedDatabase(**manifest.measured(tmp_path / name), database=name, **about) for name in DATABASES
    }
    carts = SavedCarts(**manifest.measured(tmp_path / "carts"), keys=1)
    manifest.write(tmp_path, Manifest(time=NOW, prefix="", pg_dump=18, databases=databases, carts=carts))
    return tmp_path


def change(backup: Path, **changes: Any) -> None:
    content = json.loads((backup / manifest.FILE).read_text())
    (backup / manifest.FILE).write_text(json.dumps(content | changes))


def test_a_whole_one_is_read_and_verified(backup: Path) -> None:
    whole = manifest.read(backup)
    manifest.verify(backup, whole)
    assert (whole.time, whole.incarnation) == (NOW, 1)


def test_one_bit_that_turned_is_found(backup: Path) -> None:
    file = backup / "payment"
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
    with pytest.raises(Refused, match="payment is not what was written"):
        manifest.verify(backup, manifest.read(backup))


def test_a_missing_and_a_short_file_are_found(backup: Path) -> None:
    whole = manifest.read(backup)
    (backup / "auth").write_bytes(b"")
    with pytest.raises(Refused, match="auth is not what was written"):
        manifest.verify(backup, whole)
    (backup / "auth").unlink()
    with pytest.raises(Refused, match="auth is missing"):
        manifest.verify(backup, whole)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"product": "somebody else's"}, "no backup of this product"),
        ({"format": 2}, "has format 2"),
        ({"databases": {}}, "it has no auth, catalog"),
        ({"time": "noon"}, "damaged"),
    ],
)
def test_a_foreign_newer_or_incomplete_one_is_refused(backup: Path, changes: dict[str, Any], reason: str) -> None:
    change(backup, **changes)
    with pytest.raises(Refused, match=reason):
        manifest.read(backup)


def test_a_manifest_that_leads_out_of_its_folder_is_refused(backup: Path) -> None:
    carts = json.loads((backup / manifest.FILE).read_text())["carts"]
    change(backup, carts=carts | {"file": "../secrets"})
    with pytest.raises(Refused, match="outside"):
        manifest.read(backup)


def test_a_folder_without_a_manifest_is_none(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no backup"):
        manifest.read(tmp_path)


def test_half_a_manifest_is_damage(backup: Path) -> None:
    (backup / manifest.FILE).write_text('{"product": "shop')
    with pytest.raises(Refused, match="no JSON"):
        manifest.read(backup)
