"""Makes what an image holds small, quick to start and the same from the same input; run in its builder stages.

Each command works on a folder that lies as the image's root will:
``code OUT`` our own code: bytecode beside the source;
``packages OUT`` installed packages: bytecode instead of the source, which halves them, without what no process reads,
native code without its symbols;
``stdlib OUT`` bytecode of this Python's own library, which the official images leave out and each start would make anew.

By the standard library alone, and ``strip`` where there is native code.
"""

import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

MOMENT = int(os.environ.get("SOURCE_DATE_EPOCH") or 315532800)
"""When every file of the image was changed last: 1980, unless the build says otherwise."""

MODE = py_compile.PycInvalidationMode[os.environ.get("BYTECODE", "unchecked-hash").replace("-", "_").upper()]
"""Bytecode is found by the source's content, never by its time; unchecked: the source in an image does not change."""

NEEDLESS_FOLDERS = ("__pycache__", "tests", "test")
NEEDLESS_FILES = (".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".a")
NEEDLESS_PACKAGES = ("sqlalchemy/testing", "alembic/testing", "mako/testing", "stripe/params")
"""What packages bring for their users' tests and type checkers."""

NEEDLESS_LIBRARY = (
    *("test", "idlelib", "lib2to3", "tkinter", "turtledemo", "turtle.py", "ensurepip", "venv", "pydoc_data"),
    *("distutils", "xmlrpc", "curses", "msilib", "wsgiref", "site-packages", "dist-packages"),
)
ELF = b"\x7fELF"


def code(out: Path) -> None:
    """Our own code: read by people in tracebacks, so its source stays."""
    trim(out)
    for source in sources(out):
        compile_one(source, cache_from_source(str(source)), out)
    even(out)


def packages(out: Path) -> None:
    """Other people's: a traceback still names file and line."""
    trim(out)
    for source in sources(out):
        compile_one(source, str(source.with_suffix(".pyc")), out)
        source.unlink()
    for path in filter(is_native, files(out)):
        subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)
    even(out)


def stdlib(out: Path) -> None:
    """Put the bytecode that the standard library lacks into ``out``, where it lies in the root."""
    library = Path(sysconfig.get_path("stdlib")).resolve()
    for source in sources(library):
        needless = set(source.relative_to(library).parts) & set(NEEDLESS_LIBRARY)
        if not needless and not Path(cache_from_source(str(source))).exists():
            compile_one(source, cache_from_source(str(out / source.relative_to("/"))), Path("/"))
    out.mkdir(exist_ok=True)
    even(out)


def trim(out: Path) -> None:
    """Take away what no process reads."""
    named = [path for path in out.rglob("*") if path.is_dir() and path.name in NEEDLESS_FOLDERS]
    listed = [path for package in NEEDLESS_PACKAGES for path in out.glob(f"**/site-packages/{package}")]
    for folder in [*named, *listed]:
        shutil.rmtree(folder, ignore_errors=True)
    for path in files(out):
        if path.suffix in NEEDLESS_FILES:
            path.unlink()


def compile_one(source: Path, target: str, root: Path) -> None:
    """Compile ``source`` into ``target``; the bytecode names it as from ``root``.

    One after another and in order: what is alike in memory marks the bytes, so several at once would differ each time.
    """
    name = f"/{source.relative_to(root)}"
    py_compile.compile(str(source), target, name, doraise=True, invalidation_mode=MODE)


def even(out: Path) -> None:
    """The same modes and times whatever the checkout's were: readable by every user, changed by none."""
    for path in [*out.rglob("*"), out]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (MOMENT, MOMENT), follow_symlinks=False)


def files(folder: Path) -> Iterator[Path]:
    """The folder's plain files at any depth, in a fixed order."""
    return iter(sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()))


def sources(folder: Path) -> list[Path]:
    return [path for path in files(folder) if path.suffix == ".py"]


def is_native(path: Path) -> bool:
    """Whether it is a program or a library in the machine's own code."""
    with path.open("rb") as file:
        return file.read(len(ELF)) == ELF


if __name__ == "__main__":
    {"code": code, "packages": packages, "stdlib": stdlib}[sys.argv[1]](Path(sys.argv[2]))
