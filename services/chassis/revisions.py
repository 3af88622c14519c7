"""The row of a service's migrations, read from their source: whoever only asks how new a schema is needs no Alembic,
whose import is a tenth of a service's start."""

import ast
from pathlib import Path

from services.chassis.database import Database, query

_REVISION = query("select version_num from alembic_version")


class SchemaCheck:
    """Passes when the schema is as new as this release, or newer; ``folder`` is the service's own."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        *older, self._needed = row(folder / "migrations")
        self._older = set(older)
        self._passed = False

    async def __call__(self) -> None:
        """Raises where it is older."""
        if self._passed:
            return
        async with self._database.reader() as tx:
            found = await tx.one(_REVISION)
        present = found["version_num"] if found else "nothing"
        if found is None or present in self._older:
            raise ConnectionError(f"the schema is at {present} and must be at {self._needed}: run migrate")
        self._passed = True


def row(folder: Path) -> list[str]:
    """The revisions below ``folder``, the first one first. ValueError where they do not follow each other in one row."""
    after: dict[str | None, str] = {}
    for file in sorted((folder / "versions").glob("*.py")):
        revision, before = _numbers(file)
        if before in after:
            raise ValueError(f"{file}: {after[before]} follows {before or 'nothing'} already")
        after[before] = str(revision)
    found, last = list[str](), None
    while last in after:
        last = after.pop(last)
        found.append(last)
    if after or not found:
        raise ValueError(
            f"{folder}: {', '.join(sorted(after.values())) or 'no revision'} follows nothing that is there"
        )
    return found


def _numbers(file: Path) -> tuple[str | None, str | None]:
    """``revision`` and ``down_revision``, which stand there as plain words."""
    tree = ast.parse(file.read_text(), str(file))
    said = {
        target.id: ast.literal_eval(each.value)
        for each in tree.body
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision")
    }
    if set(said) != {"revision", "down_revision"}:
        raise ValueError(f"{file} names no revision and down_revision")
    return said["revision"], said["down_revision"]
