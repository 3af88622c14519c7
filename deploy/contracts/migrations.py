"""The gate on migrations: they are one row, a released one never changes, a new one only expands.

A migration runs while the release before it is serving, and that release may come back. So each new one is written down
as SQL, as migrate would run it, and read by squawk (its rules: squawk.toml). Python is compiled from its source: bytecode
of a file that was written twice within a second may be that of before.
"""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations

from deploy.edge.contracts import ROOT
from services.chassis.revisions import row

BASELINE = Path("deploy/contracts/released_migrations.txt")
RULES = Path(__file__).parent / "squawk.toml"
Digests = dict[str, str]


def migrations(root: Path = ROOT) -> list[str]:
    """What is wrong with the services' migrations, one line each."""
    return [*_rows(root), *_changed(root), *(line for name in _new(root) for line in _expands(root, name))]


def write_baseline(root: Path = ROOT) -> Path:
    """Take the migrations as they are for released: from now on they stay."""
    path = root / BASELINE
    path.write_text("".join(f"{_digest(root / name)}  {name}\n" for name in _present(root)))
    return path


def as_sql(file: Path) -> str:
    """The statements of a migration, in the transaction that migrate runs it in."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written, "transaction_per_migration": True}
    )
    with Operations.context(context), context.begin_transaction(_per_migration=True):
        made: dict[str, Any] = {"__name__": file.stem, "__file__": str(file)}
        exec(compile(file.read_text(), str(file), "exec"), made)  # noqa: S102  # our own migration, as Alembic runs it
        made["upgrade"]()
    return written.getvalue()


def _rows(root: Path) -> Iterator[str]:
    for folder in sorted(root.glob("services/*/migrations")):
        try:
            numbers = row(folder)
        except ValueError as error:
            yield str(error)
            continue
        files = [file.name.partition("_")[0] for file in sorted((folder / "versions").glob("*.py"))]
        if files != numbers or numbers != [f"{number:04}" for number in range(1, len(numbers) + 1)]:
            yield f"{folder}: the files are numbered {' '.join(files)}, their revisions {' '.join(numbers)}"


def _changed(root: Path) -> Iterator[str]:
    for name, digest in _baseline(root).items():
        if not (root / name).exists():
            yield f"{name} was released and is gone: databases stand at it"
        elif _digest(root / name) != digest:
            yield f"{name} was released and has changed: databases have run it; write another one"


def _new(root: Path) -> list[str]:
    released = _baseline(root)
    return [name for name in _present(root) if name not in released]


def _expands(root: Path, name: str) -> Iterator[str]:
    try:
        statements = as_sql(root / name)
    except Exception as error:  # whatever a migration does that needs rows
        yield f"{name} cannot be written down as SQL ({error!r}): where op.get_context().as_sql, leave out what reads rows"
        return
    command = [str(Path(sys.executable).parent / "squawk"), "--config", str(RULES), "--reporter", "json"]
    asked = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
    for found in json.loads(asked.stdout or "[]"):
        line = statements.splitlines()[found["line"]].strip()
        yield f"{name}: {found['rule_name']}: {found['message']} ({line})"
    if asked.returncode and not asked.stdout:
        yield f"{name}: {asked.stderr.strip()}"


def _baseline(root: Path) -> Digests:
    lines = (root / BASELINE).read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def _present(root: Path) -> list[str]:
    return sorted(str(file.relative_to(root)) for file in root.glob("services/*/migrations/versions/*.py"))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
