"""The gates. Each takes the folder of a checkout and answers what is wrong with its contracts, one line each."""

import filecmp
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.contracts.golden import FILE, Golden, breaks, golden, text_of
from deploy.edge.contracts import ROOT, Contracts, build_descriptor_set

RELEASE_TAGS = "v*"


def lint(root: Path = ROOT) -> list[str]:
    """``buf lint``."""
    return _complaints(_buf(root, "lint"))


def generated(root: Path = ROOT) -> list[str]:
    """Files under gen/ that regenerating would change, add or remove. Nothing of the checkout is written to."""
    with tempfile.TemporaryDirectory() as folder:
        made = _buf(root, "generate", "--output", folder)
        if made.returncode:
            return _complaints(made)
        return _differences(Path(folder) / "gen", root / "gen")


def tables(root: Path = ROOT) -> list[str]:
    """Whether docs/methods.md, docs/order-states.md and docs/alerts.md tell what they are written from."""
    command = [sys.executable, "docs/generate.py", "--check"]
    return _complaints(subprocess.run(command, cwd=root, capture_output=True, text=True, check=False))


def chart(root: Path = ROOT) -> list[str]:
    """Whether the chart's lists of callers and settings, its schema and its page tell what they are made from."""
    command = [sys.executable, "-m", "deploy.helm.generate", "--check"]
    return _complaints(subprocess.run(command, cwd=root, capture_output=True, text=True, check=False))


def golden_file(root: Path = ROOT) -> list[str]:
    """Whether the committed golden file tells what the contracts say."""
    if (root / FILE).read_text() == text_of(_golden_of(root)):
        return []
    return [f"{FILE} is not what the contracts say; if that is meant: make golden, and look at the difference"]


def breaking(root: Path = ROOT) -> list[str]:
    """What has been taken from callers since the newest release; nothing before the first."""
    tag = newest_release(root)
    if tag is None:
        return []
    wire = _complaints(_buf(root, "breaking", "--against", f".git#tag={tag}"))
    return wire + [f"since {tag}: {line}" for line in breaks(_golden_at(root, tag), _golden_of(root))]


def newest_release(root: Path = ROOT) -> str | None:
    """The release tag with the highest version; None before the first."""
    tags = _git(root, "tag", "--list", RELEASE_TAGS, "--sort=-version:refname").split()
    return tags[0] if tags else None


def write_golden_file(root: Path = ROOT) -> Path:
    """Take the contracts as they are for what is meant."""
    path = root / FILE
    path.write_text(text_of(_golden_of(root)))
    return path


def _golden_of(root: Path) -> Golden:
    return golden(Contracts(build_descriptor_set(directory=root)))


def _golden_at(root: Path, tag: str) -> Golden:
    content: Golden = json.loads(_git(root, "show", f"{tag}:{FILE}"))
    return content


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def _buf(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """buf and its plugins lie beside this Python; our own plugins are modules of this checkout."""
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONPATH": str(ROOT)}
    command = [str(programs / "buf"), *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def _complaints(finished: "subprocess.CompletedProcess[str]") -> list[str]:
    if finished.returncode == 0:
        return []
    return (finished.stdout + finished.stderr).splitlines() or [f"ended with {finished.returncode}"]


def _differences(made: Path, committed: Path) -> list[str]:
    wanted, present = _files(made), _files(committed)
    changed = [
        path for path in sorted(wanted & present) if not filecmp.cmp(made / path, committed / path, shallow=False)
    ]
    return [
        *(f"gen/{path} is missing: make gen" for path in sorted(wanted - present)),
        *(f"gen/{path} comes from no contract: make gen" for path in sorted(present - wanted)),
        *(f"gen/{path} is out of date: make gen" for path in changed),
    ]


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
