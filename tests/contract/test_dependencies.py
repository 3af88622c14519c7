"""What the image of the services runs needs the locked dependencies and nothing that only development has."""

import re
import subprocess
import sys

import pytest

from deploy.edge.contracts import ROOT

pytestmark = pytest.mark.slow
IMPORTED = """
import importlib, pkgutil, sys
from importlib.metadata import packages_distributions

locked = set(sys.argv[2].split())

class Absent:
    '''As where only what is locked is installed.'''

    roots = {
        root for root, owners in packages_distributions().items()
        if not any(owner.lower().replace("_", "-").replace(".", "-") in locked for owner in owners)
    }

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.roots - {"shopmesh"}:
            raise ModuleNotFoundError(f"{name} is not locked for the image", name=name)

sys.meta_path.insert(0, Absent())
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
assert not [name for name in sys.modules if name.partition(".")[0] == "deploy"], "the local stack is in no image"
"""


def locked() -> list[str]:
    lines = (ROOT / "requirements" / "runtime.lock").read_text().splitlines()
    names = [found.group(1) for line in lines if (found := re.match(r"([A-Za-z0-9._-]+)==", line))]
    return [re.sub(r"[-_.]+", "-", name).lower() for name in names]


def imported(package: str, names: list[str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", IMPORTED, package, " ".join(names)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", ["services", "ops"])
def test_what_the_image_runs_needs_nothing_that_is_not_locked_for_it(package: str) -> None:
    done = imported(package, locked())
    assert done.returncode == 0, done.stderr


def test_a_dependency_that_is_not_locked_would_be_seen() -> None:
    done = imported("ops", [name for name in locked() if name != "psycopg"])
    assert "psycopg is not locked for the image" in done.stderr
