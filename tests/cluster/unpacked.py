"""Images of an archive, unpacked into a folder and run in it: as a container would, without a cluster."""

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

RUN = """
set -e
mount --bind "$0" "$0"
mount --bind "$0/tmp" "$0/tmp"
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
mount -o remount,bind,ro "$0"
cd "$0"
exec chroot --userspec=10001:10001 . "$@"
"""
"""In a mount namespace of its own: the root folder, read-only but for /tmp."""


@dataclass(frozen=True)
class Image:
    """One image of an archive in docker's own format."""

    archive: Path
    name: str

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        return next(each for each in json.loads(self._read("manifest.json")) if self.name in each["RepoTags"])

    @cached_property
    def config(self) -> dict[str, Any]:
        """User, environment, labels and the digests of the unpacked layers."""
        content: dict[str, Any] = json.loads(self._read(self._manifest["Config"]))
        return content

    @property
    def layers(self) -> list[str]:
        """The digests of what the layers hold, base first."""
        found: list[str] = self.config["rootfs"]["diff_ids"]
        return found

    def unpack(self, root: Path) -> int:
        """Lay the layers over one another into ``root``; the bytes of all files, as every layer brings them."""
        size = 0
        with tarfile.open(self.archive) as whole:
            for name in self._manifest["Layers"]:
                with tarfile.open(fileobj=whole.extractfile(name)) as layer:
                    size += sum(member.size for member in layer if member.isfile())
                    layer.extractall(root, filter="fully_trusted")
        return size

    def _read(self, name: str) -> bytes:
        with tarfile.open(self.archive) as whole:
            content = whole.extractfile(name)
            assert content is not None
            return content.read()


@contextmanager
def started(
    root: Path, image: Image, command: Sequence[str], more: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A program of the image as the image's user, on a root it cannot write to but for /tmp; ended with the block."""
    given = arguments(root, image, command, more)
    with subprocess.Popen(given, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def run(root: Path, image: Image, command: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """A program of the image to its end; what it printed."""
    given = arguments(root, image, command, more or {})
    finished = subprocess.run(given, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{command}: {finished.stdout}{finished.stderr}"
    return finished.stdout


def arguments(root: Path, image: Image, command: Sequence[str], more: Mapping[str, str]) -> list[str]:
    (root / "tmp").chmod(0o1777)
    own = dict(each.split("=", 1) for each in image.config["config"]["Env"])
    variables = [f"{name}={value}" for name, value in {**own, **more}.items()]
    chdir = ["env", "-i", f"--chdir={image.config['config']['WorkingDir']}", *variables]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", RUN, str(root), *chdir, *command]


def copy_in(root: Path, file: Path) -> str:
    """A file that the image's user may read; its path inside."""
    place = root / "tmp" / file.name
    shutil.copy(file, place)
    shutil.chown(place, 10001)
    return f"/tmp/{file.name}"
