"""What is fetched, each pinned by version and SHA-256, into one cache that outlives `make reset`.

A download is either a set of wheels (a lock with hashes in `requirements/tools/`) or a set of jars
(a checksum file in `deploy/local/jars/`, each line `<sha256>  <path in the Maven repository>`).
"""

import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.bootstrap import ROOT, digest, ensure_uv, locked, uv_environment
from deploy.local.errors import StackError
from deploy.local.progress import Progress


class ChecksumError(StackError):
    """A fetched file isn't the one that was pinned; it was thrown away."""


@dataclass(frozen=True)
class Wheels:
    """Packages installed into a folder of their own, which holds their files as `pip install --target` does."""

    name: str
    megabytes: int

    @property
    def lock(self) -> Path:
        return ROOT / "requirements" / "tools" / f"{self.name}.lock"

    def path(self, cache: Path) -> Path:
        return cache / f"{self.name}-{digest(self.lock)[:12]}-py{sys.version_info.major}{sys.version_info.minor}"

    def present(self, cache: Path) -> bool:
        return self.path(cache).is_dir()

    def fetch(self, cache: Path) -> None:
        unfinished = self.path(cache).with_suffix(f".{os.getpid()}")
        command = ["pip", "install", "--quiet", "--python", sys.executable, "--target", str(unfinished)]
        hashes = ["--require-hashes", "--no-deps", "-r", str(self.lock)]
        subprocess.run([str(ensure_uv(cache)), *command, *hashes], check=True, env=uv_environment(cache))
        unfinished.chmod(0o755)
        unfinished.rename(self.path(cache))


@dataclass(frozen=True)
class Jars:
    """Java archives in the layout of a Maven repository, listed in full: nothing is resolved at start."""

    name: str
    megabytes: int

    @property
    def sums(self) -> Path:
        return Path(__file__).parent / "jars" / f"{self.name}.sha256"

    def path(self, cache: Path) -> Path:
        return cache / f"{self.name}-{digest(self.sums)[:12]}"

    def present(self, cache: Path) -> bool:
        return self.path(cache).is_dir()

    def files(self, cache: Path) -> list[Path]:
        """The archives, in the order of the checksum file."""
        return [self.path(cache) / name for _, name in self.entries()]

    def entries(self) -> list[tuple[str, str]]:
        """(SHA-256, path) pairs of the checksum file."""
        pairs = (line.split() for line in self.sums.read_text().splitlines())
        return [(checksum, name) for checksum, name in pairs]

    def fetch(self, cache: Path) -> None:
        unfinished = self.path(cache).with_suffix(f".{os.getpid()}")
        run_maven([name for _, name in self.entries()], unfinished, cache)
        for checksum, name in self.entries():
            verify(unfinished / name, checksum)
        unfinished.rename(self.path(cache))


Download = Wheels | Jars
MAVEN = Wheels("maven", 1)


def run_maven(names: list[str], target: Path, cache: Path) -> None:
    """Fetch the named archives into `target`, in a process of its own, whose packages are apart from ours."""
    if not MAVEN.present(cache):
        MAVEN.fetch(cache)
    script = Path(__file__).parent / "fetch_jars.py"
    environment = {**machine_certificates(), **os.environ, "PYTHONPATH": str(MAVEN.path(cache))}
    subprocess.run([sys.executable, str(script), str(target), *names], check=True, env=environment)


def machine_certificates() -> dict[str, str]:
    """Trust what the machine trusts, also behind a company's proxy, rather than the HTTP library's own list."""
    paths = ssl.get_default_verify_paths()
    place = paths.cafile or paths.capath
    return {"REQUESTS_CA_BUNDLE": place} if place else {}


def verify(path: Path, checksum: str) -> None:
    """Raise ChecksumError, and remove the file, unless its SHA-256 is `checksum`."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != checksum:
        path.unlink()
        raise ChecksumError(f"{path.name} has SHA-256 {found}, pinned is {checksum}")


def make_once(place: Path, cache: Path, make: Callable[[], None]) -> None:
    """Have `make` put something into the cache, unless it is there; other starts wait meanwhile."""
    if place.exists():
        return
    with locked(cache):
        if not place.exists():
            make()


def remove_unfinished(cache: Path) -> None:
    """Throw away what an interrupted fetch left behind; call under `locked`."""
    for leftover in (path for path in cache.iterdir() if path.suffix.strip(".").isdigit()):
        shutil.rmtree(leftover)


def fetch_all(downloads: list[Download], cache: Path, progress: Progress) -> None:
    """Fetch what isn't in the cache yet, naming each with its size."""
    if all(download.present(cache) for download in downloads):
        return
    with locked(cache):
        remove_unfinished(cache)
        for download in (each for each in downloads if not each.present(cache)):
            progress.say(f"fetching {download.name} ({download.megabytes} MB)")
            try:
                download.fetch(cache)
            except subprocess.CalledProcessError as error:
                again = "see above; is there a network? `make up` goes on from here"
                raise StackError(f"fetching {download.name} failed: {again}") from error
