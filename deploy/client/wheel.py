"""Builds the wheel: what of ``gen/`` a caller from outside needs, under the project's own version."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from deploy.local.bootstrap import ROOT

NEEDED = {"googleapis-common-protos": "", "grpcio": "", "protobuf": ",<8"}
"""What the stubs import, each at least in the version that the services are tested with; protobuf lets code that was
generated for one major version run on the next, and no further."""

BETWEEN_SERVICES = ("*_internal_service_pb2*", "internal")
"""Methods that only services may call; their port is not reachable from outside."""

MOMENT = "315532800"
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def build(out: Path) -> Path:
    """The wheel's path; the same input makes the same bytes. CalledProcessError where setuptools refuses it."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder))
        made = Path(folder) / "made"
        environment = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", MOMENT)}
        command = [sys.executable, "-c", BUILD, str(made)]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = made.glob("*.whl")
        return Path(shutil.copy(wheel, out))


def stage(folder: Path) -> None:
    """Lay out the package's source."""
    here = Path(__file__).parent
    for package in ("shopmesh", "buf"):
        ignored = shutil.ignore_patterns("__pycache__", *BETWEEN_SERVICES)
        shutil.copytree(ROOT / "gen" / package, folder / package, ignore=ignored)
    (folder / "shopmesh" / "py.typed").touch()
    shutil.copy(here / "README.md", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    template = (here / "pyproject.toml.in").read_text()
    (folder / "pyproject.toml").write_text(template.format(**metadata()))


def metadata() -> dict[str, str]:
    """What the template leaves open."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dependencies = [f"{name}>={locked(name)}{bound}" for name, bound in NEEDED.items()]
    return {
        "version": project["version"],
        "python": project["requires-python"],
        "dependencies": json.dumps(dependencies),
    }


def locked(name: str) -> str:
    """The version that the services run with."""
    found = re.search(rf"^{re.escape(name)}==(\S+)", (ROOT / "requirements" / "runtime.lock").read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} is not in requirements/runtime.lock")
    return found[1]
