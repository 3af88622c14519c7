"""The contracts, read once."""

import shutil
from pathlib import Path

import pytest

from deploy.edge.contracts import ROOT, Contracts, build_descriptor_set


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return Contracts(build_descriptor_set(comments=True))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the gates look at, to break."""
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "contract").mkdir(parents=True)
    shutil.copytree(Path(__file__).parent / "golden", tmp_path / "tests" / "contract" / "golden")
    for name in ("buf.yaml", "buf.gen.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path
