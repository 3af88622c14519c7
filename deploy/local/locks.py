"""Locks with hashes, without index addresses: what `.venv`, an image and the tools are made from."""

import subprocess
import sys
from pathlib import Path

from deploy.local.bootstrap import ROOT, cache_root, ensure_uv, uv_environment

COMPILE = ("pip", "compile", "--quiet", "--no-header", "--generate-hashes", "--universal", "--python-version", "3.11")
TOOLS_WITH_DEPENDENCIES = ("mail", "maven")


def renew(*, upgrade: bool) -> None:
    """Write every lock anew from pyproject.toml and the tools' `.in` files; versions move only with `upgrade`."""
    change = ("--upgrade",) if upgrade else ()
    compile_lock(*change, "pyproject.toml", "--group", "dev", "-o", "requirements/dev.lock")
    compile_lock(*change, "pyproject.toml", "-c", "requirements/dev.lock", "-o", "requirements/runtime.lock")
    for source in sorted((ROOT / "requirements" / "tools").glob("*.in")):
        alone = () if source.stem in TOOLS_WITH_DEPENDENCIES else ("--no-deps",)
        compile_lock(*alone, *beside(source))
    for source in sorted((ROOT / "requirements" / "images").glob("*.in")):
        compile_lock("-c", "requirements/dev.lock", *beside(source))


def beside(source: Path) -> tuple[str, ...]:
    """Arguments that lock an `.in` file into the `.lock` beside it."""
    return str(source.relative_to(ROOT)), "-o", str(source.with_suffix(".lock").relative_to(ROOT))


def compile_lock(*arguments: str) -> None:
    command = [str(ensure_uv(cache_root())), *COMPILE, *arguments]
    subprocess.run(command, check=True, cwd=ROOT, env=uv_environment(cache_root()), stdout=sys.stderr)
