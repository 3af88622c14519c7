"""Whether the release before can work on the schema of this tree: its code is still serving while an upgrade migrates,
and it comes back by a rollback.

Its own suites are asked: its tests and its code, unpacked beside, on databases that the migrations of this tree made.
Its servers are its own too, on ports ten thousand higher, so that a stack that is running is left alone.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.edge.contracts import ROOT

PLUGIN = Path(__file__).parent / "present_schema.py"
PORTS_HIGHER = 10000
LAST_LINES = 40


def compat(tag: str, root: Path = ROOT, suites: Sequence[str] = ()) -> list[str]:
    """What fails, by the last lines of the run; nothing where all passes. ``suites`` are those of every service."""
    with _unpacked(tag, root) as old:
        own = (f"tests/{folder.parent.name}" for folder in sorted(old.glob("services/*/migrations")))
        suites = suites or [suite for suite in own if (old / suite).exists()]
        environment = _environment(old, root)
        try:
            ran = _python(old, environment, "-m", "pytest", "-q", "-p", PLUGIN.stem, "-p", "no:cacheprovider", *suites)
        finally:
            _python(old, environment, "-m", "deploy.local", "--test", "down")
    return [] if ran.returncode == 0 else (ran.stdout + ran.stderr).splitlines()[-LAST_LINES:]


@contextmanager
def _unpacked(tag: str, root: Path) -> Iterator[Path]:
    """A folder with the tree of ``tag``, and with the plugin that hands its tests our schema."""
    archive = subprocess.run(["git", "archive", tag], cwd=root, check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory(prefix="shopmesh-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        plugins = Path(folder) / ".plugins"
        plugins.mkdir()
        shutil.copy(PLUGIN, plugins)
        yield Path(folder)


def _environment(old: Path, root: Path) -> dict[str, str]:
    path = os.pathsep.join(str(old / each) for each in (".plugins", "gen", "."))
    offset = int(os.environ.get("SHOPMESH_PORT_OFFSET", "0")) + PORTS_HIGHER
    return {**os.environ, "PYTHONPATH": path, "SHOPMESH_PORT_OFFSET": str(offset), "PRESENT_TREE": str(root)}


def _python(folder: Path, environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
