"""What happens before there is a Python environment."""

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from deploy.local import bootstrap
from deploy.local.bootstrap import ROOT

COMPILE = ["-m", "compileall"]


def test_nothing_is_missing_where_the_tests_run() -> None:
    assert bootstrap.missing_prerequisites() == []


def test_a_missing_venv_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "ensurepip" else importlib.machinery.ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    (missing,) = bootstrap.missing_prerequisites()
    assert "apt-get install python3." in missing


@pytest.mark.parametrize("python", ["no-such-python", "false"], ids=["missing", "too old"])
def test_a_python_that_will_not_do_is_named_with_the_command_that_installs_one(python: str) -> None:
    made = subprocess.run(["make", f"PYTHON={python}", "status"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode
    assert f"missing: Python >= 3.11 (tried '{python}': " in made.stdout
    assert "apt-get install python3" in made.stdout


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would be run to fill an environment in a folder of the test's own, which is there."""
    made: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "ensure_uv", lambda _: Path("uv"))
    monkeypatch.setattr(subprocess, "run", lambda command, **_: made.append(command))
    monkeypatch.setattr(bootstrap, "run_without_list", lambda command, _: made.append(command))
    monkeypatch.setenv("SHOPMESH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "lib" / "python3.x" / "site-packages").mkdir(parents=True)
    return made


@pytest.mark.parametrize("made_for", ["", "2.7 {root} 0", "{version} /elsewhere/shopmesh 0"])
def test_an_environment_of_another_python_or_place_is_made_anew(commands: list[list[str]], made_for: str) -> None:
    bootstrap.STAMP.write_text(made_for.format(root=ROOT, version=bootstrap.VERSION))
    bootstrap.ensure_environment()
    assert [command[1:3] for command in commands] == [["venv", "--quiet"], ["pip", "install"], COMPILE]
    assert "--clear" in commands[0]


def test_a_new_lock_fills_the_environment_that_is_there(commands: list[list[str]]) -> None:
    bootstrap.STAMP.write_text(f"{bootstrap.VERSION} {ROOT} of-another-lock")
    bootstrap.ensure_environment()
    assert [command[1:3] for command in commands] == [["pip", "install"], COMPILE]
    bootstrap.ensure_environment()
    assert len(commands) == 2, "the second time nothing is left to do"


def test_what_is_fetched_is_shown_and_the_list_of_packages_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    program = "import sys; sys.stderr.write('Downloading grpcio\\n + grpcio==1\\n'); sys.exit(3)"
    with pytest.raises(subprocess.CalledProcessError):
        bootstrap.run_without_list([sys.executable, "-c", program], dict(os.environ))
    assert capsys.readouterr().err == "Downloading grpcio\n"


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
