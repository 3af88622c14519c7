"""Edited files into a running pod, as a live update of Tilt does it: copied by tar, then one signal."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from deploy.local.bootstrap import ROOT
from deploy.tilt.kubectl import kubectl

LIVE = "/live"
RENEW = f"tar --extract --file - --directory {LIVE} && kill -HUP 1"


def update(pod: str, container: str, files: Iterable[Path], options: Iterable[str] = (), root: Path = ROOT) -> None:
    """Copy files of the tree into the pod and have its service start anew; ``options`` are kubectl's own."""
    command = ("exec", "--stdin", pod, "--container", container, "--", "sh", "-c", RENEW)
    kubectl(*options, *command, text=archive(files, root))


def archive(files: Iterable[Path], root: Path) -> bytes:
    """The files in a tar, named from the root of the tree."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in files:
            tar.add(path, arcname=str(path.resolve().relative_to(root)))
    return buffer.getvalue()
