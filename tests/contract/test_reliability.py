"""The tests that the reliability page names exist: `tests/a/test_b.py::test_c`, and `::test_d` of the file named before."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
NAMED = re.compile(r"`(tests/[\w/]+(?:\.py)?)?(?:::(test_\w+))?(?:\[[^`]*\])?`")


def named(text: str) -> Iterator[tuple[str, str]]:
    """File or folder, and test; the test is empty where the whole file is meant."""
    file = ""
    for found in NAMED.finditer(text):
        if any(found.groups()):
            file = found[1] or file
            yield file, found[2] or ""


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_named_test_exists() -> None:
    found = list(named(PAGE.read_text()))
    assert len(found) > 50
    missing = [f"{file}::{test}" for file, test in found if not (ROOT / file).exists()]
    missing += [f"{file}::{test}" for file, test in found if test and test not in functions(file)]
    assert missing == []


def test_every_promise_names_its_test() -> None:
    """In each table with a column "test"."""
    column: int | None = None
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if not line.startswith("|"):
            column = None
        elif column is None:
            column = next((n for n, cell in enumerate(cells) if cell.lower().startswith("test")), -1)
        elif column >= 0 and not set(line) <= set("|-: "):
            assert any(named(cells[column])), line
