"""``python -m deploy.helm.render``: writes what helm makes of each scenario to tests/deploy/golden.

What the chart makes by chance stands there as such: keys, certificates, passwords and their digests.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from deploy.helm.chart import ROOT, SCENARIOS, Manifest, manifests, template

GOLDEN = ROOT / "tests" / "deploy" / "golden"
MADE = "shopmesh/made-by"
BY_CHANCE = "made by the chart"
DIGESTS = ("checksum/made", "shopmesh/trusts")
"""Annotations that follow from what is made by chance."""


def scenarios() -> dict[str, Path]:
    """The files of values by name."""
    return {path.stem: path for path in sorted(SCENARIOS.glob("*.yaml"))}


def rendered(scenario: Path) -> list[Manifest]:
    """The objects of a scenario, those made by chance masked."""
    return [masked(manifest) for manifest in manifests(template([scenario]))]


def masked(manifest: Manifest) -> Manifest:
    """The object without what chance decided."""
    for annotations in _annotations(manifest):
        for digest in DIGESTS:
            if digest in annotations:
                annotations[digest] = BY_CHANCE
        if annotations.get(MADE) == "chart":
            for field in ("data", "stringData"):
                if field in manifest:
                    manifest[field] = dict.fromkeys(manifest[field], BY_CHANCE)
    return manifest


def _annotations(manifest: Manifest) -> list[dict[str, Any]]:
    inner = manifest.get("spec", {}).get("template", {}).get("metadata", {})
    return [part["annotations"] for part in (manifest["metadata"], inner) if part.get("annotations")]


def text_of(objects: Iterable[Manifest]) -> str:
    """The objects as one file, sorted by kind and name, so that a difference shows what changed."""
    ordered = sorted(objects, key=lambda each: (each["kind"], each["metadata"]["name"]))
    return yaml.dump_all(ordered, Dumper=_Dumper, explicit_start=True, sort_keys=False, width=120, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = "\n".join(line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", plain, style="|" if "\n" in plain else None)


_Dumper.add_representer(str, _text)


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, path in scenarios().items():
        (GOLDEN / f"{name}.yaml").write_text(text_of(rendered(path)))


if __name__ == "__main__":
    main()
