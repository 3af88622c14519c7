"""Images of the builder's store, unpacked into a folder and run in it: as a container would, without a cluster."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.cluster.places import Place

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
    """One image as an OCI layout in a folder."""

    layout: Path

    def _blob(self, descriptor: Mapping[str, Any]) -> Path:
        digest: str = descriptor["digest"]
        return self.layout / "blobs" / digest.replace(":", "/")

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        index = json.loads((self.layout / "index.json").read_text())
        content: dict[str, Any] = json.loads(self._blob(index["manifests"][0]).read_text())
        return content

    @cached_property
    def config(self) -> dict[str, Any]:
        """User, environment, labels and the digests of the unpacked layers."""
        content: dict[str, Any] = json.loads(self._blob(self._manifest["config"]).read_text())
        return content

    @property
    def layers(self) -> list[str]:
        """The digests of what the layers hold, base first."""
        found: list[str] = self.config["rootfs"]["diff_ids"]
        return found

    def unpack(self, root: Path) -> int:
        """Lay the layers over one another into ``root``; the bytes of all files, as every layer brings them."""
        size = 0
        for layer in self._manifest["layers"]:
            with tarfile.open(self._blob(layer)) as archive:
                size += sum(member.size for member in archive if member.isfile())
                archive.extractall(root, filter="fully_trusted")
        return size


def export(place: Place, tag: str, folder: Path) -> Image:
    """The image out of the store."""
    store = {"CONTAINERS_STORAGE_CONF": str(place.images / "storage.conf"), "TMPDIR": str(place.images / "tmp")}
    policy = str(place.images / "policy.json")
    push = ["buildah", "push", "--quiet", "--disable-compression", "--signature-policy", policy, tag, f"oci:{folder}"]
    apart = ["unshare", "--mount", "--propagation", "private"]
    subprocess.run([*apart, *push], env={**os.environ, **store}, check=True, capture_output=True)
    return Image(folder)


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
