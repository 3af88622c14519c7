"""The metrics that services export to Prometheus, read from their code: names as the exporter writes them, and labels."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.bootstrap import ROOT

SUFFIXES = {
    "create_gauge": ("",),
    "create_observable_gauge": ("",),
    "create_counter": ("_total",),
    "create_histogram": ("_bucket", "_count", "_sum"),
}
"""What the exporter appends to an instrument's name."""
USES = {"add", "set", "record"}


@dataclass
class Instrument:
    """One metric of the code. ``labels`` are those that its uses in the same file name."""

    name: str
    maker: str
    description: str
    labels: set[str] = field(default_factory=set)

    def series(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Name and labels of each series that Prometheus sees."""
        for suffix in SUFFIXES[self.maker]:
            more = {"le"} if suffix == "_bucket" else set()
            yield self.name + suffix, frozenset(self.labels | more)


def exported(root: Path = ROOT / "services") -> dict[str, frozenset[str]]:
    """The labels of each series that any service exports, by the series' name."""
    return {name: labels for each in instruments(root) for name, labels in each.series()}


def instruments(root: Path = ROOT / "services") -> list[Instrument]:
    """Every instrument that the code makes."""
    return [each for path in sorted(root.rglob("*.py")) for each in _of_file(ast.parse(path.read_text()))]


def _of_file(tree: ast.Module) -> list[Instrument]:
    calls = {id(node): _instrument(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    made = {key: each for key, each in calls.items() if each is not None}
    names: dict[str, Instrument] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and id(node.value) in made:
            names[_last_name(node.targets[0])] = made[id(node.value)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        _note_labels(call, names)
    return list(made.values())


def _instrument(call: ast.Call) -> Instrument | None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in SUFFIXES or not call.args:
        return None
    name = call.args[0]
    said = {each.arg: each.value for each in call.keywords}
    description = said.get("description")
    text = description.value if isinstance(description, ast.Constant) else ""
    assert isinstance(name, ast.Constant), "a metric's name is written out where it is made"
    return Instrument(str(name.value), call.func.attr, str(text))


def _note_labels(call: ast.Call, names: Mapping[str, Instrument]) -> None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in USES:
        return
    instrument = names.get(_last_name(call.func.value))
    if instrument is not None and len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
        instrument.labels |= {str(key.value) for key in call.args[1].keys if isinstance(key, ast.Constant)}


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
