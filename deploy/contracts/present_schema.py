"""A plugin for the tests of an older release: their databases get the schema of the tree that PRESENT_TREE names.

It is copied beside those tests and knows nothing of this tree but its ``migrate_database``. What the present schema has
besides is no complaint: an older release must find what it knows, and may find more.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import alembic.autogenerate
import pytest

from services.chassis import migrations

PRESENT = Path(os.environ["PRESENT_TREE"])
OLD = Path(migrations.__file__).parents[2]
MIGRATE = "import sys; from pathlib import Path; from services.chassis.migrations import migrate_database as migrate;"
_compare = alembic.autogenerate.compare_metadata


def migrate_database(url: str, folder: Path) -> None:
    """By the code and the migrations of the present tree."""
    own = PRESENT / folder.resolve().relative_to(OLD.resolve())
    path = os.pathsep.join((str(PRESENT / "gen"), str(PRESENT)))
    command = [sys.executable, "-c", f"{MIGRATE} migrate(sys.argv[1], Path(sys.argv[2]))", url, str(own)]
    subprocess.run(command, cwd=PRESENT, env={**os.environ, "PYTHONPATH": path}, check=True)


def compare_metadata(context: Any, metadata: Any) -> Any:
    """Without what would have to be removed for the older code: it does not know of it."""
    found = _compare(context, metadata)
    return [each for each in found if isinstance(each, list) or not each[0].startswith("remove_")]


migrations.migrate_database = migrate_database
alembic.autogenerate.compare_metadata = compare_metadata


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only tests that have a database of a service's own."""
    chosen = [item for item in items if "new_database" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
