"""The gate on migrations: which it lets pass, and which it does not."""

import subprocess
from pathlib import Path

import pytest

from deploy.contracts import migrations
from deploy.contracts.compatibility import compat
from deploy.edge.contracts import ROOT

VERSIONS = Path("services/shop/migrations/versions")
SOON = "set local lock_timeout = '5s';"
"""Nobody waits behind a migration that waits."""


def write(tree: Path, number: int, *statements: str, after: int | None = None) -> str:
    """A migration with these statements."""
    before = number - 1 if after is None else after
    down = f'"{before:04}"' if before else "None"
    body = "".join(f"    op.execute({statement!r})\n" for statement in statements or ("select 1",))
    name = VERSIONS / f"{number:04}_made.py"
    text = f'from alembic import op\nrevision = "{number:04}"\ndown_revision = {down}\ndef upgrade():\n{body}'
    (tree / name).write_text(text)
    return str(name)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one service, whose first migration was released."""
    (tmp_path / VERSIONS).mkdir(parents=True)
    (tmp_path / migrations.BASELINE).parent.mkdir(parents=True)
    write(tmp_path, 1, "create table things (id uuid primary key)")
    migrations.write_baseline(tmp_path)
    return tmp_path


def complaints(tree: Path) -> str:
    return "\n".join(migrations.migrations(tree))


def test_the_migrations_of_this_tree_pass() -> None:
    assert migrations.migrations() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "alter table things add column note text",
        "alter table things add column note text not null default ''",
        "create table others (id uuid primary key)",
        "alter table things add constraint sane check (id is not null) not valid",
        "-- squawk-ignore ban-drop-column\nalter table things drop column note",
    ],
)
def test_what_expands_passes_and_so_does_a_contraction_that_is_meant(tree: Path, statement: str) -> None:
    write(tree, 2, SOON, statement)
    assert complaints(tree) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("alter table things drop column note", "ban-drop-column"),
        ("drop table things", "ban-drop-table"),
        ("alter table things rename column note to notes", "renaming-column"),
        ("alter table things rename to others", "renaming-table"),
        ("alter table things add column note text not null", "adding-required-field"),
        ("alter table things alter column note set not null", "adding-not-nullable-field"),
        ("alter table things alter column note type integer", "changing-column-type"),
        ("alter table things add constraint sane check (id is not null)", "constraint-missing-not-valid"),
        ("create index things_note on things (note)", "require-concurrent-index-creation"),
        ("create table others (", "syntax-error"),
    ],
)
def test_what_would_break_or_block_the_release_before_does_not(tree: Path, statement: str, rule: str) -> None:
    name = write(tree, 2, SOON, statement)
    assert f"{name}: {rule}: " in complaints(tree)


@pytest.mark.slow
def test_a_lock_is_not_waited_for_without_an_end(tree: Path) -> None:
    write(tree, 2, "alter table things add column note text")
    assert "require-lock-timeout" in complaints(tree)


@pytest.mark.slow
def test_a_file_that_is_written_twice_within_a_second_is_judged_as_it_is(tree: Path) -> None:
    write(tree, 2, SOON, "alter table things add column note text")
    assert complaints(tree) == ""
    write(tree, 2, SOON, "alter table things drop column note")
    assert "ban-drop-column" in complaints(tree)


def test_a_migration_that_needs_rows_says_so(tree: Path) -> None:
    name = write(tree, 2, "select 1")
    (tree / name).write_text(
        (tree / name).read_text().replace("op.execute('select 1')", "op.get_bind().scalar('').lower()")
    )
    assert f"{name} cannot be written down as SQL" in complaints(tree)


def test_a_released_migration_stays_as_it_is(tree: Path) -> None:
    first = write(tree, 1, "create table things (id uuid primary key, note text)")
    assert complaints(tree) == f"{first} was released and has changed: databases have run it; write another one"
    (tree / first).unlink()
    assert f"{first} was released and is gone: databases stand at it" in complaints(tree)


def test_migrations_are_one_row(tree: Path) -> None:
    write(tree, 2, after=1)
    write(tree, 3, after=1)
    migrations.write_baseline(tree)
    assert "0002 follows 0001 already" in complaints(tree)
    write(tree, 3, after=4)
    migrations.write_baseline(tree)
    assert "0003 follows nothing that is there" in complaints(tree)
    (tree / VERSIONS / "0003_made.py").rename(tree / VERSIONS / "0009_made.py")
    write(tree, 3, after=2)
    (tree / VERSIONS / "0009_made.py").unlink()
    (tree / VERSIONS / "0003_made.py").rename(tree / VERSIONS / "0009_made.py")
    migrations.write_baseline(tree)
    assert "the files are numbered 0001 0002 0009, their revisions 0001 0002 0003" in complaints(tree)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """This tree as it was committed, as a release and as what follows it."""
    tree = tmp_path / "tree"
    for command in (["clone", "-q", "--shared", str(ROOT), str(tree)], ["-C", str(tree), "tag", "v0.0.1"]):
        subprocess.run(["git", *command], check=True, capture_output=True)
    return tree


@pytest.mark.stack
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("alter table users add column note text; create table others (id int)", ""),
        ("alter table users rename column display_name to name", "add_column"),
    ],
)
def test_the_release_before_is_asked_whether_it_finds_its_schema(released: Path, statement: str, said: str) -> None:
    folder = released / "services/auth/migrations/versions"
    last = len(list(folder.glob("*.py")))
    text = f'revision = "{last + 1:04}"\ndown_revision = "{last:04}"\ndef upgrade():\n    op.execute({statement!r})\n'
    (folder / f"{last + 1:04}_made.py").write_text(f"from alembic import op\n{text}")
    found = compat("v0.0.1", released, ["tests/auth/test_schema.py"])
    assert bool(found) == bool(said)
    assert said in "\n".join(found)
