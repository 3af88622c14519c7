"""The Python package of stubs, built and used where nothing else of this repository is."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest

from deploy.client import wheel
from deploy.local.bootstrap import ROOT, cache_root, ensure_uv, uv_environment

pytestmark = pytest.mark.slow

USE = """
import importlib, pathlib, shopmesh
(place,) = shopmesh.__path__
files = pathlib.Path(place).rglob("*.py")
names = [".".join(file.relative_to(pathlib.Path(place).parent).with_suffix("").parts) for file in files]
for name in names:
    importlib.import_module(name)
import grpc
from shopmesh.catalog.v1.catalog_service_pb2_grpc import CatalogServiceStub
CatalogServiceStub(grpc.insecure_channel("127.0.0.1:1")).ListProducts
print(len(names), place)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the package and what it requires, and nothing of this repository."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    uv, environment = str(ensure_uv(cache_root())), uv_environment(cache_root())
    run = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        str(folder / "bin" / "python"),
        str(built),
    ]
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True, env=environment)
    subprocess.run(run, check=True, env=environment)
    (ours,) = (ROOT / ".venv").glob("lib/python3*/site-packages")  # a line of a .pth: its own .pth files are not read
    (theirs,) = folder.glob("lib/python3*/site-packages")
    (theirs / "required.pth").write_text(f"{ours}\n")
    return folder / "bin" / "python"


def test_every_stub_is_imported_from_the_package_alone(python: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
    command = [str(python), "-c", USE]
    finished = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    count, place = finished.stdout.split()
    assert int(count) > 20
    assert Path(place).is_relative_to(python.parents[1])


def test_it_has_the_projects_version_and_asks_for_what_the_stubs_import(built: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(built) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    assert (metadata["Name"], metadata["Version"]) == ("shopmesh-client", project["version"])
    required = {re.split("[<>]", each)[0] for each in metadata.get_all("Requires-Dist", [])}
    assert required == {"grpcio", "protobuf", "googleapis-common-protos"}
    assert imported(built) == {"grpc", "google", "shopmesh", "buf"}


def imported(built: Path) -> set[str]:
    """First names of what the stubs import, beside the standard library."""
    with zipfile.ZipFile(built) as archive:
        texts = [archive.read(name) for name in archive.namelist() if name.endswith(".py")]
    return {name for text in texts for name in first_names(text) if name not in sys.stdlib_module_names}


def first_names(text: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_methods_between_services_stay_out(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert any("catalog_service_pb2_grpc" in name for name in names)
    assert any("catalog_events_pb2" in name for name in names)
    assert not [name for name in names if "internal" in name]


def test_the_same_stubs_make_the_same_bytes(built: Path, tmp_path: Path) -> None:
    assert wheel.build(tmp_path).read_bytes() == built.read_bytes()


def test_the_readmes_example_names_what_the_package_has(python: Path, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "client" / "README.md").read_text()
    example = text.partition("```python\n")[2].partition("```")[0]
    lines = [line for line in example.splitlines() if line.startswith(("import ", "from "))]
    subprocess.run([str(python), "-c", "\n".join(lines)], cwd=tmp_path, check=True)
    compile(example, "README.md", "exec")
