"""Dockerfiles as the tests read them, and the files that a program imports."""

import ast
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import packages_distributions
from pathlib import Path

from deploy.local.bootstrap import ROOT

FOLDER = ROOT / "deploy" / "images"
NAMES = ("services", "edge", "stripe")


@dataclass(frozen=True)
class Dockerfile:
    """One Dockerfile by the name of its image."""

    name: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.Dockerfile"

    @cached_property
    def instructions(self) -> list[tuple[str, str]]:
        """Each instruction's name and the rest of it, continued lines joined, comments left out."""
        lines = [line for line in self.path.read_text().splitlines() if not line.startswith("#")]
        whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
        parts = [line.split(maxsplit=1) for line in whole.splitlines() if line.strip()]
        return [(word, rest) for word, rest in parts]

    def all(self, word: str) -> list[str]:
        """What follows each instruction of this name."""
        return [rest for name, rest in self.instructions if name == word]

    @cached_property
    def last_stage(self) -> list[tuple[str, str]]:
        """What makes the image itself."""
        start = max(number for number, (word, _) in enumerate(self.instructions) if word == "FROM")
        return self.instructions[start:]

    def of_image(self, word: str) -> list[str]:
        """What follows each instruction of this name in the image's own stage."""
        return [rest for name, rest in self.last_stage if name == word]

    @cached_property
    def copied(self) -> list[tuple[list[str], str]]:
        """Sources in the repository, and where each COPY of them puts them."""
        copies = [rest.split() for rest in self.all("COPY") if not rest.startswith("--from=")]
        return [(parts[:-1], parts[-1]) for parts in copies]

    @cached_property
    def sources(self) -> set[Path]:
        """Everything that is copied out of the repository, with patterns resolved."""
        return {path for sources, _ in self.copied for source in sources for path in ROOT.glob(source)}

    def holds(self, file: Path) -> bool:
        """Whether a file of the repository lies in the image at the same place under /app."""
        return any(
            file == path or path in file.parents
            for sources, target in self.copied
            if target.startswith("/out/app/")
            for source in sources
            for path in ROOT.glob(source)
        )

    @cached_property
    def labels(self) -> dict[str, str]:
        """The image's labels."""
        return dict(re.findall(r'(\S+?)="([^"]*)"', " ".join(self.of_image("LABEL"))))


ALL = [Dockerfile(name) for name in NAMES]


def imports(start: Path, top: tuple[str, ...]) -> tuple[set[Path], set[str]]:
    """Files of ours that ``start`` reaches by imports below the packages ``top``, and names of other people's packages.

    Imports inside functions count too.
    """
    seen: set[Path] = set()
    foreign: set[str] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in _imported(file):
            found = _file_of(name)
            if found is not None and name.split(".")[0] in top:
                waiting.append(found)
            elif name.split(".")[0] not in sys.stdlib_module_names:
                foreign.add(name)
    return seen, foreign


@cache
def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    package = ".".join(file.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            begin = ".".join(filter(None, [package if node.level else "", node.module or ""]))
            inner = {f"{begin}.{alias.name}" for alias in node.names}
            names |= {name if _file_of(name) else begin for name in inner}
    return names


def _file_of(name: str) -> Path | None:
    places = [top.joinpath(*name.split(".")) for top in (ROOT, ROOT / "gen")]
    candidates = [path for place in places for path in (place.with_suffix(".py"), place / "__init__.py")]
    return next((path for path in candidates if path.exists()), None)


def is_locked(module: str, lock: str) -> bool:
    """Whether a package that has the module is in the lock, whose path is from the repository's root."""
    named = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
    packages = _packages().get(module.partition(".")[0], [])
    return any(each.lower().replace("_", "-") in named for each in packages)


@cache
def _packages() -> Mapping[str, list[str]]:
    """By module, the packages that have it."""
    return packages_distributions()
