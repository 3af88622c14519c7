"""Images made without an engine and without pulling one, by image.sh: on substitutes for the usual base images."""

import subprocess
from pathlib import Path

from deploy.cluster import running
from deploy.cluster.places import Place
from deploy.local.bootstrap import digest, locked
from deploy.local.errors import StackError
from deploy.local.progress import Progress

SCRIPT = Path(__file__).with_name("image.sh")
SLIM, FULL = "docker.io/library/python:3.11-slim", "docker.io/library/python:3.11"


def base(place: Place, progress: Progress) -> None:
    """Make the substitutes for the two Python images, where this recipe hasn't made them yet."""
    stamp = place.images / "base"
    wanted = digest(SCRIPT)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    progress.say("making the base images from Debian's packages, once")
    run(place, "base", SLIM, FULL)
    stamp.write_text(wanted)


def build(place: Place, tag: str, context: Path, *arguments: str) -> None:
    """Build a Dockerfile; StackError with the last lines of its build where it fails."""
    run(place, "build", tag, str(context), *arguments)


def save(place: Place, file: Path, tag: str) -> None:
    """Write one image into an archive."""
    run(place, "save", str(file), tag)


def run(place: Place, *arguments: str) -> None:
    """Run image.sh, one at a time: all checkouts share the layers."""
    command = [str(SCRIPT), *arguments]
    with locked(place.images):
        finished = subprocess.run(command, env=running.environment(place), capture_output=True, text=True, check=False)
    if finished.returncode:
        raise StackError(f"{finished.stdout}{finished.stderr}".strip())
