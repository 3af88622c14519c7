"""Whose files are whose, and whether code changed."""

import stat
from pathlib import Path

from deploy.local.files import fingerprint_of, folder_for_user, reachable_by_others, write_private
from deploy.local.installation import Installation


def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", "one")
    write_private(tmp_path / "secret", "two")
    assert (tmp_path / "secret").read_text() == "two"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_folder_below_a_closed_home_cannot_be_reached_by_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    assert not reachable_by_others(home / "shopmesh" / ".local")


def test_an_ordinary_user_keeps_data_in_the_state_folder(installation: Installation) -> None:
    folder = folder_for_user(installation, "postgres", None)
    assert folder == installation.state / "postgres"
    assert folder.is_dir()


def test_the_fingerprint_follows_code_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("a = 1")
    before = fingerprint_of(tmp_path)
    (tmp_path / "main.pyc").write_bytes(b"compiled")
    assert fingerprint_of(tmp_path) == before
    (tmp_path / "main.py").write_text("a = 2")
    assert fingerprint_of(tmp_path) != before
