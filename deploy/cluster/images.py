"""Images made without an engine and without pulling one, by image.sh: on substitutes for the usual base images."""

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.cluster import running
from deploy.cluster.places import Place
from deploy.local.bootstrap import locked
from deploy.local.errors import StackError
from deploy.local.progress import Progress

SCRIPT = Path(__file__).with_name("image.sh")
SLIM, FULL = "docker.io/library/python:3.11-slim", "docker.io/library/python:3.11"


def base(place: Place, progress: Progress) -> None:
    """Make the substitutes for the two Python images, where this recipe hasn't made them yet."""
    stamp = place.images / "base"
    wanted = SCRIPT.read_text().partition("\nbase)")[2].partition("\nbuild)")[0]
    if stamp.exists() and stamp.read_text() == wanted:
        return
    progress.say("making the base images from Debian's packages, once")
    run(place, "base", SLIM, FULL)
    stamp.write_text(wanted)


def build(place: Place, tag: str, context: Path, *arguments: str) -> None:
    """Build a Dockerfile; StackError with the last lines of its build where it fails."""
    run(place, "build", tag, str(context), *arguments)


def save(place: Place, file: Path, *tags: str) -> None:
    """Write images into one archive, what they have in common once."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        parts = [Path(folder) / f"{number}.tar" for number in range(len(tags))]
        for part, tag in zip(parts, tags, strict=True):
            run(place, "save", str(part), tag)
        join(parts, draft := Path(folder) / "whole.tar")
        draft.replace(file)


def join(archives: Sequence[Path], into: Path) -> None:
    """Make one archive of several, with each layer once."""
    listed: list[object] = []
    known: set[str] = set()
    with tarfile.open(into, "w") as whole:
        for archive in archives:
            with tarfile.open(archive) as part:
                for member in part:
                    content = part.extractfile(member) if member.isfile() else None
                    if member.name == "manifest.json":
                        assert content is not None
                        listed += json.load(content)
                    elif member.name not in known:
                        known.add(member.name)
                        whole.addfile(member, content)
        text = json.dumps(listed).encode()
        head = tarfile.TarInfo("manifest.json")
        head.size = len(text)
        whole.addfile(head, io.BytesIO(text))


def run(place: Place, *arguments: str) -> None:
    """Run image.sh, one at a time: all checkouts share the layers."""
    command = [str(SCRIPT), *arguments]
    with locked(place.images):
        finished = subprocess.run(command, env=running.environment(place), capture_output=True, text=True, check=False)
    if finished.returncode:
        raise StackError(f"{finished.stdout}{finished.stderr}".strip())
