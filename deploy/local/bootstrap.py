"""The Python environment, made by the standard library alone: `python3 deploy/local/bootstrap.py`.

A pinned `uv` goes into the cache by pip with hash checking, and fills `.venv` from `requirements/dev.lock`.
Nothing is done where `.venv` already fits the lock, so a second start needs no network. The Makefile has made sure that
this Python is new enough.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "dev.lock"
OWN = ("services", "gen", "ops", "deploy", "bench")
UV_LOCK = ROOT / "requirements" / "tools" / "uv.lock"
STAMP = VENV / ".shopmesh-lock"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def cache_root() -> Path:
    """The folder of everything fetched; it survives `make reset`.

    Root's is outside its home, because PostgreSQL refuses to run as root and another user must reach its binaries.
    """
    if chosen := os.environ.get("SHOPMESH_CACHE"):
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/cache/shopmesh")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopmesh"


def digest(*paths: Path) -> str:
    """SHA-256 of the files' bytes, one after another, as 64 hex digits."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def missing_prerequisites() -> list[str]:
    """What the machine lacks, each with the command that installs it; empty when all is there."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return []
    return [
        f"Python's venv and pip: `apt-get install python{VERSION}-venv python3-pip`"
        f" (Fedora: `dnf install python3-pip`, Alpine: `apk add py3-pip`)"
    ]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time works on the folder; others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_uv(cache: Path) -> Path:
    """The pinned `uv` program, installed into the cache if it isn't there, or not whole."""
    home = cache / f"uv-{digest(UV_LOCK)[:12]}"
    program = home / "bin" / "uv"
    if not program.exists():
        print("fetching uv, the installer (25 MB)", flush=True)
        unfinished = home.with_suffix(f".{os.getpid()}")
        subprocess.run([sys.executable, "-m", "venv", str(unfinished)], check=True)
        pip = [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(UV_LOCK)], check=True)
        shutil.rmtree(home, ignore_errors=True)
        unfinished.rename(home)  # only uv itself is used of it, and that runs anywhere
    return program


def uv_environment(cache: Path) -> dict[str, str]:
    """The environment uv runs in: one cache for all, no configuration of other projects, the machine's certificates."""
    own = {"UV_CACHE_DIR": str(cache / "uv-cache"), "UV_NO_CONFIG": "1", "UV_SYSTEM_CERTS": "1"}
    return {**os.environ, **own}


def ensure_environment() -> None:
    """Make `.venv` hold what `requirements/dev.lock` says; a no-op when it does."""
    if stamp() == wanted_stamp():
        return
    with locked(cache_root()):
        if stamp() != wanted_stamp():  # another `make` may have been faster
            fill_environment(cache_root())


def stamp() -> str:
    """What `.venv` was made for; empty where it isn't whole."""
    return STAMP.read_text() if STAMP.exists() else ""


def wanted_stamp() -> str:
    """Python's version and the checkout's place, which a `.venv` can't change, and the lock, which it can follow."""
    return f"{VERSION} {ROOT} {digest(LOCK)}"


def fill_environment(cache: Path) -> None:
    """Install the lock, into a new `.venv` unless this one was made for this Python and this place."""
    uv, environment = str(ensure_uv(cache)), {**uv_environment(cache), "UV_COMPILE_BYTECODE": "1"}
    print("preparing .venv from requirements/dev.lock (about 110 MB to fetch on a new machine)", flush=True)
    if not stamp().startswith(f"{VERSION} {ROOT} "):
        fresh = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]
        subprocess.run(fresh, check=True, env=environment)
    install = [uv, "pip", "install", "--python", str(VENV / "bin" / "python"), "--require-hashes", "-r", str(LOCK)]
    run_without_list(install, environment)
    put_on_path(ROOT, ROOT / "gen")
    # With the packages' above: else a dozen processes compile the same at their first start.
    python = str(VENV / "bin" / "python")
    subprocess.run([python, "-m", "compileall", "-q", "-j", "0", *(str(ROOT / folder) for folder in OWN)], check=False)
    STAMP.write_text(wanted_stamp())


def run_without_list(command: list[str], environment: dict[str, str]) -> None:
    """Run uv showing what it fetches, without its closing list of every package."""
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith(" + "):
                print(line, end="", file=sys.stderr, flush=True)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def put_on_path(*folders: Path) -> None:
    """Let `.venv` import what lies in the folders, as an editable install would."""
    (packages,) = VENV.glob("lib/python3*/site-packages")
    (packages / "shopmesh.pth").write_text("".join(f"{folder}\n" for folder in folders))


def main() -> int:
    """Exit code 0 when `.venv` is ready, 1 after naming what is missing."""
    missing = missing_prerequisites()
    for line in missing:
        print(f"missing: {line}", file=sys.stderr)
    if missing:
        return 1
    try:
        ensure_environment()
    except subprocess.CalledProcessError as error:
        print(f"failed: {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
