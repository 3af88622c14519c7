"""What happens before there is a Python environment."""

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from deploy.local import bootstrap


def test_nothing_is_missing_where_the_tests_run() -> None:
    assert bootstrap.missing_prerequisites() == []


def test_a_missing_venv_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "ensurepip" else importlib.machinery.ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    (missing,) = bootstrap.missing_prerequisites()
    assert "apt-get install python3." in missing


def test_an_older_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(tuple[int, ...]):
        major, minor = 3, 9

    monkeypatch.setattr(sys, "version_info", Older((3, 9, 0)))
    assert "this is 3.9" in bootstrap.missing_prerequisites()[0]


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPMESH_CACHE", str(tmp_path))
    assert bootstrap.cache_root() == tmp_path


def test_roots_cache_is_where_other_users_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPMESH_CACHE", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert bootstrap.cache_root() == Path("/var/cache/shopmesh")


def test_it_needs_the_standard_library_alone() -> None:
    """Run without site-packages, as on a machine where nothing is installed yet."""
    source = "import sys; sys.path.insert(0, sys.argv[1]); import bootstrap"
    folder = str(Path(bootstrap.__file__).parent)
    subprocess.run([sys.executable, "-I", "-S", "-c", source, folder], check=True)
